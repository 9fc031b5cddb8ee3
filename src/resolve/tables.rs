//! Tables of values: targets and parameters that are read from a source by the members of a cell and the
//! start of its period.

use super::Resolver;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Expr, Kind, ResultExpr, ResultLeaf};
use crate::model::judge::ValueTable;
use crate::model::project::{Dimension, Source};
use crate::model::types::{Type, Unit};
use crate::rulefile::raw::RawTable;
use crate::source::{Span, Spanned};

impl Resolver<'_> {
    /// A table's place among the model's, and the type and unit of its values.
    pub(super) fn value_table(&mut self, raw: &RawTable) -> Option<(usize, (Type, Unit))> {
        let same = self.model.tables.iter().position(|t| t.span == raw.span);
        let place = match same {
            Some(place) => place,
            None => {
                let table = self.new_table(raw)?;
                self.model.tables.push(table);
                self.model.tables.len() - 1
            }
        };
        let table = &self.model.tables[place];
        let column = &self.model.source(table.source).columns[table.value];
        let ty = if table.spread { Type::Float } else { column.ty };
        Some((place, (ty, column.unit.clone())))
    }

    fn new_table(&mut self, raw: &RawTable) -> Option<ValueTable> {
        let (Some(name), Some(_)) = (&raw.source, &raw.value) else {
            self.report(
                Diagnostic::new(&codes::MISSING_KEY, "a table of values without `source` or `value`")
                    .at(raw.span, "which column of which source?")
                    .help("`{source: targets, value: target}`"),
            );
            return None;
        };
        let Some(source) = self.model.source_named(&name.node) else {
            let names = self.model.sources.iter().map(|s| s.name.as_str());
            let help = did_you_mean(&name.node, names);
            let mut problem =
                Diagnostic::new(&codes::UNKNOWN_NAME, format!("no source is named `{}`", name.node))
                    .at(name.span, "unknown source");
            problem.help = help;
            self.report(problem);
            return None;
        };
        let here = self.model.source(source).clone();
        let value = self.table_column(&here, raw.value.as_ref()?)?;
        let from = match &raw.from {
            Some(written) => {
                let column = self.table_column(&here, written)?;
                let ty = here.columns[column].ty;
                if !ty.is_time() && ty != Type::Unknown {
                    self.report(
                        Diagnostic::new(
                            &codes::TYPE_MISMATCH,
                            format!("`{}` of `{}` is no date", written.node, here.name),
                        )
                        .at(written.span, format!("{ty}, where the first day of each row is expected"))
                        .help(format!("`{}: {{columns: {{{}: {{type: date}}}}}}`", here.name, written.node)),
                    );
                    return None;
                }
                Some(column)
            }
            None => None,
        };
        let mut matches = Vec::new();
        for written in &raw.matches {
            let column = self.match_column(&here, written)?;
            let path = vec![written.node.clone()];
            matches.push((column, Dimension { path, span: written.span }));
        }
        let grain = match &raw.grain {
            None => None,
            Some(written) => match self.model.calendar.grain(&written.node) {
                Some(grain) => Some(grain),
                None => {
                    let calendar = &self.model.calendar;
                    let names = calendar.grains().into_iter().map(|g| calendar.grain_name(g));
                    let help = did_you_mean(&written.node, names);
                    let mut problem =
                        Diagnostic::new(&codes::NO_GRAIN, format!("no grain is named `{}`", written.node))
                            .at(written.span, "unknown grain");
                    problem.help = help;
                    self.report(problem);
                    return None;
                }
            },
        };
        if let (Some(spread), None) = (&raw.spread, grain) {
            self.report(
                Diagnostic::new(&codes::MISSING_KEY, "`spread` without a grain")
                    .at(spread.span, "spread from which periods?")
                    .help("add the grain that the values are for: `grain: quarter`"),
            );
            return None;
        }
        Some(ValueTable {
            source,
            value,
            matches,
            from,
            grain,
            total: raw.total.is_some(),
            spread: raw.spread.is_some(),
            span: raw.span,
        })
    }

    fn table_column(&mut self, here: &Source, written: &Spanned<String>) -> Option<usize> {
        self.own_column(here, written)
    }

    /// A column that says which members a row is for: a column, or the key column of a relation.
    fn match_column(&mut self, here: &Source, written: &Spanned<String>) -> Option<usize> {
        if here.column_named(&written.node).is_none()
            && let Some(relation) = here.relation_named(&written.node).map(|r| &here.relations[r])
            && relation.via.is_none()
            && let [key] = relation.key[..]
        {
            return Some(key);
        }
        if here.lost.contains(&written.node) {
            return None;
        }
        // The dimension's name may be that of an entity whose key the column holds under its own name.
        self.table_column(here, written)
    }

    /// `params.NAME` of a parameter that is a table.
    pub(super) fn param_table(&mut self, raw: &RawTable, span: Span) -> Option<ResultExpr> {
        let (place, of) = self.value_table(raw)?;
        table_leaf(place, of, span)
    }
}

/// A table's value in each cell; nothing where its source is broken, which has been reported.
pub(super) fn table_leaf(table: usize, (ty, unit): (Type, Unit), span: Span) -> Option<ResultExpr> {
    let leaf = Expr { kind: Kind::Leaf(ResultLeaf::Table(table)), ty, unit, span };
    (ty != Type::Unknown).then_some(leaf)
}
