//! Rows that cannot be relied on: spans that end before they start, keys that repeat, spans behind a `via`
//! that overlap. Errors that name rows; set aside, counted and listed where the source says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type};
use datafusion::common::{DataFusionError, Result as DfResult};

use super::Ready;
use super::order::groups;
use super::rows::columns;
use crate::diagnostic::{Diagnostic, codes};
use crate::engine::run::{Outcomes, Run};
use crate::engine::runner::Runner;
use crate::functions::Env;
use crate::functions::operators::comparison::local_days;
use crate::model::project::{ColumnRef, SourceId};
use crate::plan::columns::Inputs;
use crate::plan::holders::{Holders, Spans};
use crate::plan::lower::Lowering;
use crate::results::set::texts;

/// Rows that are named.
const NAMED: usize = 5;

/// How a span stands: backward, empty, or neither.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    Empty,
    Backward,
}

impl Run<'_> {
    /// Looks at the spans of all sources whose borders are read.
    pub(super) async fn check_spans(&self, ready: &mut Ready, runner: &dyn Runner) -> Outcomes<()> {
        let mut problems = Vec::new();
        for (source, read) in &self.graph.ground.reads {
            let here = self.model.source(*source);
            let Some((span, to)) = here.span.and_then(|s| Some((s, s.to?))) else { continue };
            if !read.contains(&span.from) || !read.contains(&to) {
                continue;
            }
            let borders = [span.from, to];
            match self.bad_spans(ready, *source, borders, runner).await {
                Ok((backward, empty)) => {
                    if !backward.is_empty() {
                        let headline = format!(
                            "{} of `{}` end{} before {} start{}",
                            rows(backward.len()),
                            here.name,
                            if backward.len() == 1 { "s" } else { "" },
                            if backward.len() == 1 { "it" } else { "they" },
                            if backward.len() == 1 { "s" } else { "" },
                        );
                        problems.push(
                            named(Diagnostic::new(&codes::BACKWARD_SPAN, headline), &backward)
                                .at(here.defined, "a row is active from its start to its end")
                                .help("`on_bad_rows: quarantine` sets such rows aside"),
                        );
                    }
                    if !empty.is_empty() {
                        let verb = if empty.len() == 1 { "is" } else { "are" };
                        let headline =
                            format!("{} of `{}` {verb} active for no time", rows(empty.len()), here.name);
                        let note = named(Diagnostic::new(&codes::EMPTY_SPAN, headline), &empty)
                            .at(here.defined, "no balance counts them")
                            .help("`inclusive: true`, where the end is the last active day");
                        ready.notes.push(note);
                    }
                }
                Err(e) => problems.push(self.of_source(&e, *source)),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The rows whose spans are backward and empty, as texts.
    async fn bad_spans(
        &self,
        ready: &Ready,
        source: SourceId,
        borders: [usize; 2],
        runner: &dyn Runner,
    ) -> DfResult<(Vec<String>, Vec<String>)> {
        let here = self.model.source(source);
        let scans = self.scans(ready);
        let lowering = Lowering::new(self.model, source, scans.stores);
        let mut read = Inputs::new(self.model, source);
        let opened = &scans.opened[&source];
        let key = here.key.iter().copied().filter(|k| opened.columns.contains_key(k));
        let wanted: Vec<usize> = borders.into_iter().chain(key).collect();
        let own = |column: &usize| ColumnRef { hops: Vec::new(), column: *column };
        for column in &wanted {
            read.column(&own(column));
        }
        let [from, to] = borders.map(|c| own(&c));
        let suspect = crate::plan::ranges::not_after(&lowering, &from, &to);
        let wanted = wanted.iter().map(|c| lowering.column(&own(c))).collect();
        let rows = self.batch(scans.values_where(&read, &lowering, wanted, Some(suspect))?, runner).await?;
        let inclusive = here.span.is_some_and(|s| s.inclusive);
        let standings = self.standings(rows.column(0), rows.column(1), inclusive)?;
        let shown = rows.columns().iter().map(|c| texts(c, self.model)).collect::<DfResult<Vec<_>>>()?;
        let text = |row: usize| {
            let part = |c: usize| shown[c][row].clone().unwrap_or_default();
            let key: Vec<String> = (2..shown.len()).map(part).collect();
            let span = format!("{} to {}", part(0), part(1));
            if key.is_empty() { span } else { format!("{}: {span}", key.join(", ")) }
        };
        let of = |wanted: Standing| {
            let mut all: Vec<String> =
                (0..rows.num_rows()).filter(|r| standings[*r] == wanted).map(text).collect();
            all.sort();
            all
        };
        Ok((of(Standing::Backward), of(Standing::Empty)))
    }

    fn standings(&self, from: &ArrayRef, to: &ArrayRef, inclusive: bool) -> DfResult<Vec<Standing>> {
        let instant = |a: &ArrayRef| matches!(a.data_type(), DataType::Timestamp(..));
        let (from, to): (Vec<Option<i64>>, Vec<Option<i64>>) = if instant(from) && instant(to) && !inclusive {
            (self.instants(from)?, self.instants(to)?)
        } else {
            let days = |a: &ArrayRef| -> DfResult<Vec<Option<i64>>> {
                let days = if matches!(a.data_type(), DataType::Timestamp(_, Some(_))) {
                    local_days(a, &Env { timezone: self.model.calendar.timezone })
                        .map_err(|f| DataFusionError::External(Box::new(f)))?
                } else {
                    cast(a, &DataType::Date32)?.as_primitive::<Date32Type>().clone()
                };
                Ok(days.iter().map(|d| d.map(i64::from)).collect())
            };
            let after = i64::from(inclusive);
            (days(from)?, days(to)?.into_iter().map(|d| d.map(|d| d + after)).collect())
        };
        Ok(from
            .iter()
            .zip(&to)
            .map(|(from, to)| match (from, to) {
                (Some(from), Some(to)) if to < from => Standing::Backward,
                (Some(from), Some(to)) if to == from => Standing::Empty,
                _ => Standing::Good,
            })
            .collect())
    }

    /// The rows without those that cannot be relied on, which are told.
    pub(super) fn set_aside(
        &self,
        ready: &mut Ready,
        source: SourceId,
        rows: RecordBatch,
    ) -> Outcomes<RecordBatch> {
        let wrong = |e: DataFusionError| vec![self.of_source(&e, source)];
        let here = self.model.source(source);
        let mut bad: BTreeSet<usize> = BTreeSet::new();
        let span = here.span.and_then(|s| Some((s.inclusive, columns(here, &rows, &[s.from, s.to?]))));
        if let Some((inclusive, [from, to])) = span.as_ref().map(|(i, c)| (*i, c.as_slice())) {
            let standings = self.standings(from, to, inclusive).map_err(wrong)?;
            bad.extend((0..rows.num_rows()).filter(|r| standings[*r] == Standing::Backward));
        }
        let key = columns(here, &rows, &here.key);
        if !key.is_empty() {
            let groups = groups(&key, rows.num_rows()).map_err(|e| wrong(e.into()))?;
            let mut times = std::collections::HashMap::new();
            groups.iter().flatten().for_each(|g| *times.entry(*g).or_insert(0usize) += 1);
            let repeated = |row: &usize| groups[*row].is_some_and(|g| times[&g] > 1);
            bad.extend((0..rows.num_rows()).filter(repeated));
        }
        bad.extend(self.overlapping(source, &rows).map_err(wrong)?);
        if bad.is_empty() {
            return Ok(rows);
        }
        let shown = rows
            .columns()
            .iter()
            .map(|c| texts(c, self.model))
            .collect::<DfResult<Vec<_>>>()
            .map_err(wrong)?;
        let text = |row: &usize| {
            let part = |c: &Vec<Option<String>>| c[*row].clone().unwrap_or_default();
            shown.iter().map(part).collect::<Vec<_>>().join(", ")
        };
        let mut all: Vec<String> = bad.iter().map(text).collect();
        all.sort();
        ready.set_aside.push((here.name.clone(), bad.len()));
        let headline = format!("{} of `{}` set aside", self::rows(bad.len()), here.name);
        ready.notes.push(
            named(Diagnostic::new(&codes::SET_ASIDE, headline), &all).at(here.defined, "they count nowhere"),
        );
        let good: BooleanArray = (0..rows.num_rows()).map(|r| Some(!bad.contains(&r))).collect();
        filter_record_batch(&rows, &good).map_err(|e| wrong(e.into()))
    }

    /// The rows whose spans overlap, by every relation that asks who held something.
    fn overlapping(&self, source: SourceId, rows: &RecordBatch) -> DfResult<BTreeSet<usize>> {
        let here = self.model.source(source);
        let mut bad = BTreeSet::new();
        let Some(span) = here.span else { return Ok(bad) };
        let relations = self.model.sources.iter().flat_map(|s| &s.relations);
        for via in relations.filter_map(|r| r.via.as_ref()).filter(|v| v.source == source) {
            let keys = columns(here, rows, &via.matched);
            let from = columns(here, rows, &[span.from]);
            let to = span.to.map(|to| columns(here, rows, &[to]));
            let (Some(from), true) = (from.first(), keys.len() == via.matched.len()) else { continue };
            let instant = |a: &ArrayRef| -> DfResult<ArrayRef> {
                Ok(match a.data_type() {
                    DataType::Timestamp(_, None) => {
                        let zone = self.model.calendar.timezone;
                        crate::functions::clock::instants_of_local(a, zone)
                            .map_err(|f| DataFusionError::External(Box::new(f)))?
                    }
                    _ => Arc::clone(a),
                })
            };
            let to = to.as_ref().and_then(|t| t.first()).map(instant).transpose()?;
            let spans =
                Spans { keys, from: instant(from)?, to, inclusive: span.inclusive, found: Vec::new() };
            let (_, overlaps) = Holders::new(spans, self.model.calendar.timezone)
                .map_err(|f| DataFusionError::External(Box::new(f)))?;
            bad.extend(overlaps.iter().flat_map(|o| [o.first as usize, o.second as usize]));
        }
        Ok(bad)
    }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// Names the first of some rows.
fn named(mut problem: Diagnostic, all: &[String]) -> Diagnostic {
    for row in all.iter().take(NAMED) {
        problem = problem.note(format!("`{row}`"));
    }
    if all.len() > NAMED {
        problem = problem.note(format!("and {} more", all.len() - NAMED));
    }
    problem
}
