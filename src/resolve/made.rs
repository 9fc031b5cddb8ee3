//! What is made of a source's rows before they are counted: balances, which of several rows counts, sources
//! that are the values of another's column.

use super::Resolver;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{Carry, Column, ColumnRef, Keep, Made, Snapshot, SourceId};
use crate::model::types::{Type, Unit};
use crate::rulefile::raw::{RawKeep, RawSnapshot, RawSource};
use crate::source::Spanned;
use crate::syntax::parse_path;

impl Resolver<'_> {
    /// Settles balances, `keep` and derived sources, when all relations are known.
    pub(super) fn made(&mut self) {
        let raw = self.raw;
        for (index, source) in raw.sources.values().enumerate() {
            let id = SourceId(index);
            if let Some(distinct) = &source.distinct {
                self.derived(id, source, distinct);
            }
            if let Some(snapshot) = &source.snapshot {
                self.snapshot(id, snapshot);
            }
            if let Some(keep) = &source.keep {
                self.keep(id, keep);
            }
        }
    }

    /// A column that is made of other rows, the same for equal texts.
    pub(super) fn made_column(
        &mut self,
        source: SourceId,
        text: &str,
        ty: Type,
        unit: Unit,
        made: Made,
    ) -> usize {
        let name = format!("({text})");
        if let Some(found) = self.model.source(source).column_named(&name) {
            return found;
        }
        let column = Column {
            name,
            ty,
            unit,
            formula: None,
            valid: None,
            description: None,
            made: Some(std::sync::Arc::new(made)),
        };
        let columns = &mut self.model.sources[source.0].columns;
        columns.push(column);
        columns.len() - 1
    }

    fn snapshot(&mut self, id: SourceId, raw: &RawSnapshot) {
        let here = self.model.source(id).clone();
        let missing = |r: &mut Self, what: &str| {
            let headline = format!("a snapshot without `{what}`");
            r.report(
                Diagnostic::new(&codes::MISSING_KEY, headline)
                    .at(raw.span, format!("`{what}` is missing"))
                    .help("`snapshot: {time: as_of, per: account}`"),
            );
        };
        let Some(time) = &raw.time else { return missing(self, "time") };
        let Some(per) = &raw.per else { return missing(self, "per") };
        let Some(time) = self.time_column(&here, time) else { return };
        let per = match here.relation_named(&per.node).map(|r| &here.relations[r]) {
            Some(relation) if relation.via.is_none() => relation.key.clone(),
            _ if here.lost.contains(&per.node) => return,
            _ => match self.own_column(&here, per) {
                Some(column) => vec![column],
                None => return,
            },
        };
        let Some(carry) = self.carry(raw.carry.as_ref()) else { return };
        let until = self.made_column(id, "until", Type::Date, Unit::none(), Made::Until);
        let source = &mut self.model.sources[id.0];
        source.snapshot = Some(Snapshot { time, per, carry, until });
        source.time = source.time.or(Some(time));
    }

    fn carry(&mut self, written: Option<&Spanned<String>>) -> Option<Carry> {
        let Some(written) = written else { return Some(Carry::None) };
        let text = written.node.trim();
        let days = || {
            let (number, unit) = text.split_once(char::is_whitespace)?;
            let length = match unit.trim() {
                "day" | "days" => 1,
                "week" | "weeks" => 7,
                _ => return None,
            };
            number.parse::<i32>().ok()?.checked_mul(length).filter(|d| (0..=100_000).contains(d))
        };
        let carry = match text {
            "none" => Some(Carry::None),
            "until_next" => Some(Carry::UntilNext),
            _ => days().map(Carry::Days),
        };
        if carry.is_none() {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    format!("`{text}` is no time that a balance holds for"),
                )
                .at(written.span, "`none`, `until_next`, or days such as `35 days`"),
            );
        }
        carry
    }

    fn keep(&mut self, id: SourceId, raw: &RawKeep) {
        let here = self.model.source(id).clone();
        let per: Vec<usize> = raw.per.iter().filter_map(|c| self.own_column(&here, c)).collect();
        let last = raw.last.as_ref().and_then(|c| self.own_column(&here, c));
        if raw.per.is_empty() || raw.last.is_none() {
            self.report(
                Diagnostic::new(&codes::MISSING_KEY, "`keep` without `per` or `last`")
                    .at(raw.span, "which rows are one, and which of them counts?")
                    .help("`keep: {per: survey_id, last: answered_on}`"),
            );
        }
        for column in per.iter().chain(&last) {
            if here.columns[*column].formula.is_some() || self.is_formula(id, *column) {
                let name = &here.columns[*column].name;
                self.report(
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`keep` by the formula `{name}`"))
                        .at(raw.span, "rows are kept before formulas are computed: columns of the file"),
                );
                return;
            }
        }
        if per.len() == raw.per.len()
            && let Some(last) = last
        {
            self.model.sources[id.0].keep = Some(Keep { per, last });
        }
    }

    fn is_formula(&self, id: SourceId, column: usize) -> bool {
        let here = self.model.source(id);
        let raw = self.raw.sources.get(&here.name);
        raw.and_then(|r| r.columns.get(&here.columns[column].name)).is_some_and(|c| c.formula.is_some())
    }

    /// The type of a derived source's column, when the column that it is made of is known.
    pub(super) fn derived(&mut self, id: SourceId, raw: &RawSource, written: &Spanned<String>) {
        let span = written.span;
        let path = match parse_path(&written.node, &|_, _| span) {
            Ok(path) => path,
            Err(problems) => {
                self.diagnostics.extend(problems);
                return;
            }
        };
        let parts: Vec<_> = path.parts.iter().map(|p| (p.node.as_str(), span)).collect();
        let base = self.model.source_named(parts[0].0).filter(|base| *base != id);
        let (Some(base), true) = (base, parts.len() > 1) else {
            let names: Vec<&str> = self.model.sources.iter().map(|s| s.name.as_str()).collect();
            let mut problem = Diagnostic::new(
                &codes::UNKNOWN_NAME,
                format!("`{}` is no column of another source", written.node),
            )
            .at(span, "a source and a column of it are expected: `opportunities.prospect_id`");
            problem.help = did_you_mean(parts[0].0, names);
            self.report(problem);
            return;
        };
        if raw.path.is_some() {
            self.report(
                Diagnostic::new(
                    &codes::AMBIGUOUS_NAME,
                    format!("`{}` has a `path` and `distinct`", raw.name.node),
                )
                .at(span, "its rows are these values, or those of its files"),
            );
        }
        let Some(found) = self.follow(base, Vec::new(), &parts[1..]) else { return };
        let (ty, unit) = {
            let column = self.model.column(base, &found);
            (column.ty, column.unit.clone())
        };
        let source = &mut self.model.sources[id.0];
        let index = source.key.first().copied().or_else(|| {
            let name = parts[parts.len() - 1].0;
            source.column_named(name)
        });
        let Some(index) = index else { return };
        source.columns[index].ty = ty;
        source.columns[index].unit = unit;
        source.key = vec![index];
        source.distinct = Some((base, found));
    }

    /// `at start`, `at end`, `as of` of balances.
    pub(super) fn balance(snapshot: &Snapshot) -> (ColumnRef, ColumnRef, bool) {
        let own = |column| ColumnRef { hops: Vec::new(), column };
        (own(snapshot.time), own(snapshot.until), snapshot.carry == Carry::None)
    }
}

/// The column that a derived source is made of, by name, before anything is known of it.
pub(super) fn derived_column(raw: &RawSource) -> Option<String> {
    let written = raw.distinct.as_ref()?;
    let last = written.node.rsplit('.').next()?.trim().trim_matches('`');
    Some(raw.key.first().map_or_else(|| last.to_owned(), |k| k.node.clone()))
}
