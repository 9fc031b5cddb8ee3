//! Raw sources + schemas -> sources of the model: columns of the files, keys, times, spans,
//! relations. Row formulas come later (`columns.rs`), when all columns are known.

use chrono::NaiveDate;

use super::{Resolver, as_of};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::catalogue;
use crate::model::project::{ActiveSpan, AsOf, Column, Relation, Source, SourceId};
use crate::model::types::{Type, Unit};
use crate::rulefile::raw::{RawRelation, RawSource};
use crate::source::Spanned;

impl Resolver<'_> {
    pub(super) fn sources(&mut self) {
        let raw = self.raw;
        for (name, source) in &raw.sources {
            if raw.kpis.contains_key(name) {
                let kpi = &raw.kpis[name];
                self.report(
                    Diagnostic::new(&codes::AMBIGUOUS_NAME, format!("`{name}` is a source and a KPI"))
                        .at(kpi.name.span, "the KPI")
                        .also(source.name.span, "the source")
                        .help("another name for one of them"),
                );
            }
            let resolved = self.source(source);
            self.model.sources.push(resolved);
        }
        self.entities_are_unique();
        // Relations by key first: those that depend on a moment stand on them.
        for by_moment in [false, true] {
            let mut found = Vec::new();
            for (index, source) in raw.sources.values().enumerate() {
                for relation in source.relations.values().filter(|r| r.via.is_some() == by_moment) {
                    found.push((index, relation.name.node.clone(), self.relation(SourceId(index), relation)));
                }
            }
            for (index, name, resolved) in found {
                let source = &mut self.model.sources[index];
                match resolved {
                    Some(resolved) => source.relations.push(resolved),
                    None => source.lost.push(name),
                }
            }
        }
        self.made();
    }

    fn source(&mut self, raw: &RawSource) -> Source {
        let schema = self.schemas.sources.get(&raw.name.node);
        let mut columns: Vec<Column> = schema
            .into_iter()
            .flatten()
            .map(|c| Column {
                name: c.name.clone(),
                ty: c.ty,
                unit: Unit::none(),
                formula: None,
                valid: None,
                description: None,
                made: None,
            })
            .collect();
        if let Some(name) = super::made::derived_column(raw) {
            columns.push(Column {
                name,
                ty: Type::Unknown,
                unit: Unit::none(),
                formula: None,
                valid: None,
                description: None,
                made: None,
            });
        }
        for (name, declared) in &raw.columns {
            let index = match columns.iter().position(|c| c.name == *name) {
                Some(index) => {
                    if declared.formula.is_some() {
                        self.report(
                            Diagnostic::new(
                                &codes::AMBIGUOUS_NAME,
                                format!("`{name}` is a column of the file and a formula"),
                            )
                            .at(declared.name.span, "a formula of the same name")
                            .help("another name for the formula, or another one for the column with `from:`"),
                        );
                    }
                    index
                }
                None => {
                    columns.push(Column {
                        name: name.clone(),
                        ty: Type::Unknown,
                        unit: Unit::none(),
                        formula: None,
                        valid: None,
                        description: None,
                        made: None,
                    });
                    columns.len() - 1
                }
            };
            if let Some(unit) = &declared.unit {
                columns[index].unit = Unit::declared(&unit.node);
            }
            if let Some(ty) = declared.ty.as_ref().and_then(|t| Type::parse(&t.node)) {
                // A text without any value that is used as a time was read as a date.
                if (columns[index].ty, ty) != (Type::Date, Type::Text) {
                    columns[index].ty = ty;
                }
            }
            columns[index].description = declared
                .description
                .as_ref()
                .and_then(|d| d.texts.values().next())
                .map(|text| text.node.clone());
        }
        let mut source = Source {
            name: raw.name.node.clone(),
            defined: raw.name.span,
            entity: raw.entity.as_ref().map(|e| e.node.clone()),
            key: Vec::new(),
            label: None,
            time: None,
            span: None,
            snapshot: None,
            keep: None,
            distinct: None,
            quarantine: raw.on_bad_rows.as_ref().is_some_and(|b| b.node == "quarantine"),
            columns,
            relations: Vec::new(),
            lost: Vec::new(),
            data_from: self.day(raw.data_from.as_ref()),
            fresh_until: self.moment(raw.fresh_until.as_ref()),
            catalogue: catalogue::is_one(&raw.name.node, raw.path.as_ref().map(|p| p.node.as_str())),
            hint: self.schemas.hints.get(&raw.name.node).cloned(),
            broken: (schema.is_none() || self.schemas.partial.contains(&raw.name.node))
                && raw.distinct.is_none(),
        };
        source.key = raw.key.iter().filter_map(|k| self.own_column(&source, k)).collect();
        source.label = raw.label.as_ref().and_then(|l| self.own_column(&source, l));
        source.time = raw.time.as_ref().and_then(|t| self.time_column(&source, t));
        if let Some(span) = &raw.span {
            let from = span.from.as_ref().and_then(|c| self.time_column(&source, c));
            let to = span.to.as_ref().and_then(|c| self.time_column(&source, c));
            let inclusive = span.inclusive.is_some_and(|i| i.node);
            source.span = from.map(|from| ActiveSpan { from, to, inclusive });
            if span.from.is_none() {
                self.report(
                    Diagnostic::new(&codes::MISSING_KEY, "a span without `from`")
                        .at(span.span, "the column of the first active day is missing"),
                );
            }
        }
        // A derived source has its key from the column that it is made of.
        if let (Some(entity), true, None) = (&raw.entity, raw.key.is_empty(), &raw.distinct) {
            self.report(
                Diagnostic::new(&codes::MISSING_KEY, format!("the entity `{}` has no `key`", entity.node))
                    .at(entity.span, "the columns that name one are missing")
                    .help("`key: account_id`"),
            );
        }
        source
    }

    fn day(&mut self, written: Option<&Spanned<String>>) -> Option<NaiveDate> {
        let written = written?;
        let day = NaiveDate::parse_from_str(&written.node, "%Y-%m-%d").ok();
        if day.is_none() {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` is no date", written.node))
                    .at(written.span, "a date such as `2026-01-31` is expected"),
            );
        }
        day
    }

    fn moment(&mut self, written: Option<&Spanned<String>>) -> Option<AsOf> {
        let written = written?;
        let moment = as_of(&written.node, &self.model.calendar);
        if moment.is_none() {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, format!("`{}` is no date or time", written.node))
                    .at(written.span, "a date such as `2026-01-31`, its end, or a time is expected"),
            );
        }
        moment
    }

    /// A column of the source by name, or a diagnostic.
    pub(super) fn own_column(&mut self, source: &Source, name: &Spanned<String>) -> Option<usize> {
        let found = source.column_named(&name.node);
        if found.is_none() && !source.broken {
            let mut diagnostic = Diagnostic::new(
                &codes::UNKNOWN_NAME,
                format!("`{}` has no column `{}`", source.name, name.node),
            )
            .at(name.span, "no column of this name");
            diagnostic.help = source
                .hint
                .clone()
                .or_else(|| did_you_mean(&name.node, source.columns.iter().map(|c| c.name.as_str())));
            self.report(diagnostic);
        }
        found
    }

    pub(super) fn time_column(&mut self, source: &Source, name: &Spanned<String>) -> Option<usize> {
        let index = self.own_column(source, name)?;
        let ty = source.columns[index].ty;
        // A formula's type is not known yet; the aggregate that counts by it checks.
        let is_formula =
            self.raw.sources[&source.name].columns.get(&name.node).is_some_and(|c| c.formula.is_some());
        if !ty.is_time() && !is_formula {
            let why = self.schemas.why_text(&source.name, &name.node).filter(|_| ty == Type::Text);
            self.why_text.extend(why.map(|why| (name.span, why.to_owned())));
            self.report(
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    format!("`{}` is {ty}, not a date or time", name.node),
                )
                .at(name.span, format!("{ty}"))
                .help(format!("declare it, if it is one: `columns: {{{}: {{type: date}}}}`", name.node)),
            );
            return None;
        }
        Some(index)
    }

    fn entities_are_unique(&mut self) {
        let raw = self.raw;
        let mut seen: Vec<&Spanned<String>> = Vec::new();
        for source in raw.sources.values() {
            let Some(entity) = &source.entity else { continue };
            if let Some(first) = seen.iter().find(|e| e.node == entity.node) {
                let diagnostic = Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    format!("two sources are the entity `{}`", entity.node),
                )
                .at(entity.span, "again here")
                .also(first.span, "first here")
                .help("another `entity:` for one of them; a source may also have none");
                self.report(diagnostic);
            }
            seen.push(entity);
        }
    }

    fn relation(&mut self, from: SourceId, raw: &RawRelation) -> Option<Relation> {
        let to_name = raw.to.as_ref()?;
        let Some(to) = self.model.entity(&to_name.node) else {
            let entities: Vec<&str> = self.model.sources.iter().filter_map(|s| s.entity.as_deref()).collect();
            let mut diagnostic =
                Diagnostic::new(&codes::UNKNOWN_NAME, format!("no source is the entity `{}`", to_name.node))
                    .at(to_name.span, "unknown entity");
            diagnostic.help = did_you_mean(&to_name.node, entities);
            self.report(diagnostic);
            return None;
        };
        if let Some(via) = &raw.via {
            return self.by_moment(from, to, raw, via);
        }
        let source = self.model.source(from).clone();
        let mut key = Vec::new();
        for column in &raw.key {
            key.push(self.own_column(&source, column)?);
        }
        let target = self.model.source(to).clone();
        if key.is_empty() {
            self.report(
                Diagnostic::new(
                    &codes::MISSING_KEY,
                    format!("the relation `{}` has no `key`", raw.name.node),
                )
                .at(raw.name.span, "the column that holds the key is missing")
                .help(format!("`{}: {{to: {}, key: {}_id}}`", raw.name.node, to_name.node, to_name.node)),
            );
            return None;
        }
        if key.len() != target.key.len() && !target.broken && !target.key.is_empty() {
            self.report(
                Diagnostic::new(
                    &codes::WRONG_ARGUMENTS,
                    format!(
                        "`{}` has a key of {} columns, not {}",
                        to_name.node,
                        target.key.len(),
                        key.len()
                    ),
                )
                .at(raw.name.span, "the key does not fit")
                .also(target.defined, "the entity is defined here"),
            );
            return None;
        }
        for (mine, theirs) in key.iter().zip(&target.key) {
            let (a, b) = (source.columns[*mine].ty, target.columns[*theirs].ty);
            let guess = |s: &Source, c: usize| {
                self.schemas.column(&s.name, &s.columns[c].name).is_some_and(|c| c.no_values)
            };
            let fits = a == b
                || a == Type::Unknown
                || b == Type::Unknown
                || (a.is_number() && b.is_number())
                || guess(&source, *mine)
                || guess(&target, *theirs);
            if !fits {
                let (mine, theirs) = (&source.columns[*mine].name, &target.columns[*theirs].name);
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        format!("`{}.{mine}` is {a}, `{}.{theirs}` is {b}", source.name, target.name),
                    )
                    .at(raw.name.span, "the keys of this relation have different types")
                    .also(target.defined, "the entity is defined here")
                    .help(format!("declare the type of one: `columns: {{{mine}: {{type: {b}}}}}`")),
                );
                return None;
            }
        }
        let same_name = source.column_named(&raw.name.node).filter(|c| key != [*c]);
        if same_name.is_some() {
            self.report(
                Diagnostic::new(
                    &codes::AMBIGUOUS_NAME,
                    format!("`{}` is a relation and a column of `{}`", raw.name.node, source.name),
                )
                .at(raw.name.span, "the relation; the column is not its key")
                .help("another name for the relation, or for the column with `from:`"),
            );
        }
        Some(Relation { name: raw.name.node.clone(), defined: raw.name.span, to, key, via: None })
    }
}
