//! Reads exchange rates, before the groups: those up to the as-of, one for each currency, target and local
//! day. Two that differ, and one that is no positive number, are errors that name their rows.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, RecordBatch};
use arrow::compute::{cast, concat, concat_batches};
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::common::{DataFusionError, Result as DfResult, ScalarValue};

use super::prepare::Ready;
use super::run::{Outcomes, Run};
use super::runner::Runner;
use crate::diagnostic::{DataPlace, Diagnostic, codes};
use crate::functions::arrays::{dates, floats, instants};
use crate::functions::operators::comparison::local_days;
use crate::functions::{Env, Failure, row_type};
use crate::model::rates::{RateSource, RateTarget};
use crate::plan::lower::{Lowering, alias};
use crate::plan::rates::{Rate, Rates};
use crate::results::set::texts;

/// How many bad rates are told.
const MOST: usize = 5;

/// A rate as it stands in the data. In an order that files and rows do not decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    to: String,
    currency: String,
    day: i32,
    rate: String,
    key: String,
    row: usize,
}

impl Run<'_> {
    /// Reads the rates where amounts are converted.
    pub(super) async fn read_rates(&self, ready: &mut Ready, runner: &dyn Runner) -> Outcomes<()> {
        let Some(rates) = self.model.rates.as_ref().filter(|_| self.graph.rates) else { return Ok(()) };
        let rows = self.rate_rows(rates, ready, runner).await;
        let table = rows.and_then(|rows| self.rate_table(rates, &rows));
        let table = table.map_err(|e| vec![self.of_source(&e, rates.source)])??;
        ready.sources.stores.rates = Some(Arc::new(table));
        Ok(())
    }

    async fn rate_rows(
        &self,
        rates: &RateSource,
        ready: &Ready,
        runner: &dyn Runner,
    ) -> DfResult<RecordBatch> {
        let scans = self.scans(ready);
        let lowering = Lowering::new(self.model, rates.source, scans.stores);
        let columns = rates.columns(self.model);
        let columns = columns.iter().enumerate().map(|(i, c)| lowering.column(c).alias(format!("v{i}")));
        let columns: Vec<_> = columns.collect();
        let plan = scans.rows(rates.source)?.alias(alias(&[]))?.project(columns)?.build()?;
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let batches = runner.run(plan).await?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        Ok(concat_batches(&schema, &batches)?)
    }

    fn rate_table(&self, source: &RateSource, rows: &RecordBatch) -> DfResult<Outcomes<Rates>> {
        let ty = row_type(self.model.source(source.source).columns[source.rate].ty);
        let mut columns = rows.columns().iter();
        let mut next =
            || columns.next().ok_or_else(|| DataFusionError::Internal("rates without a column".to_owned()));
        let currencies = texts(next()?, self.model)?;
        let targets = match &source.to {
            RateTarget::Column(_) => texts(next()?, self.model)?,
            RateTarget::Project(own) => vec![Some(own.clone()); rows.num_rows()],
        };
        let rates = cast(next()?, &ty)?;
        let days = self.days_seen(next()?).map_err(|f| DataFusionError::External(Box::new(f)))?;
        let keys = columns.map(|key| texts(key, self.model)).collect::<DfResult<Vec<_>>>()?;
        let key_of = |row: usize| {
            keys.iter().map(|k| k[row].clone().unwrap_or_default()).collect::<Vec<_>>().join(", ")
        };
        let written = texts(&rates, self.model)?;
        let mut found: Vec<Found> = (0..rows.num_rows())
            .filter_map(|row| {
                let (to, currency) = (targets[row].clone()?, currencies[row].clone()?);
                let (day, rate) = (days.is_valid(row).then(|| days.value(row))?, written[row].clone()?);
                (to != currency).then(|| Found { to, currency, day, rate, key: key_of(row), row })
            })
            .collect();
        found.sort();
        let numbers = floats(&rates).map_err(|f| DataFusionError::External(Box::new(f)))?;
        let bad: Vec<&Found> = found.iter().filter(|f| numbers.value(f.row) <= 0.0).collect();
        let same_day = |a: &Found, b: &Found| (&a.to, &a.currency, a.day) == (&b.to, &b.currency, b.day);
        let different: Vec<Vec<&Found>> = found
            .chunk_by(same_day)
            .map(|all| all.chunk_by(|a, b| a.rate == b.rate).filter_map(|same| same.first()).collect())
            .filter(|different: &Vec<&Found>| different.len() > 1)
            .collect();
        let problems: Vec<Diagnostic> =
            [self.no_rates(source, &bad), self.contradictions(source, &different)]
                .into_iter()
                .flatten()
                .collect();
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        // The first value is 1, the rate of the target itself.
        let one = ScalarValue::Int64(Some(1)).cast_to(&ty)?.to_array_of_size(1)?;
        let values = concat(&[&*one, &*rates])?;
        let kept = found.chunk_by(same_day).filter_map(|same| same.first()).map(|f| Rate {
            to: f.to.clone(),
            currency: f.currency.clone(),
            day: f.day,
            place: f.row as u32 + 1,
        });
        Ok(Ok(Rates::new(values, kept.collect())))
    }

    /// The local days of times up to the as-of; later ones do not exist.
    fn days_seen(&self, times: &ArrayRef) -> Result<Date32Array, Failure> {
        if let DataType::Timestamp(..) = times.data_type() {
            let last = self.as_of.instant.timestamp_micros();
            let seen: Vec<bool> = instants(times)?.iter().map(|t| t.is_some_and(|t| t <= last)).collect();
            let days = local_days(times, &Env { timezone: self.model.calendar.timezone })?;
            return Ok(days.iter().zip(seen).map(|(day, seen)| day.filter(|_| seen)).collect());
        }
        let last = crate::plan::period::day_number(self.as_of.day);
        Ok(dates(times)?.iter().map(|day| day.filter(|d| *d <= last)).collect())
    }

    fn no_rates(&self, source: &RateSource, bad: &[&Found]) -> Option<Diagnostic> {
        let first = bad.first()?;
        let here = self.model.source(source.source);
        let headline = format!("a rate that is not above 0: {first}");
        let more = bad[1..].iter().map(|f| format!("also {f}"));
        Some(self.of_rates(Diagnostic::new(&codes::BAD_RATES, headline), source, first, more.collect()).help(
            format!(
                "a rate that is unknown is left out; `{}: {{valid: {0} > 0}}` takes such ones as missing",
                here.columns[source.rate].name
            ),
        ))
    }

    fn contradictions(&self, source: &RateSource, different: &[Vec<&Found>]) -> Option<Diagnostic> {
        let text = |all: &[&Found]| {
            let rates: Vec<String> = all.iter().map(ToString::to_string).collect();
            rates.join(", ")
        };
        let first = different.first()?;
        let headline = format!(
            "{} rates of `{}` into `{}` on {}",
            first.len(),
            first[0].currency,
            first[0].to,
            day(first[0].day)
        );
        let mut notes = vec![text(first)];
        notes.extend(different[1..].iter().map(|all| format!("also {}", text(all))));
        let problem = Diagnostic::new(&codes::BAD_RATES, headline);
        let help = "one rate for each currency, target and day; the same rate twice does no harm";
        Some(self.of_rates(problem, source, first[0], notes).help(help))
    }

    fn of_rates(
        &self,
        problem: Diagnostic,
        source: &RateSource,
        first: &Found,
        notes: Vec<String>,
    ) -> Diagnostic {
        let here = self.model.source(source.source);
        let mut problem = problem.at(here.defined, "the rates are read from here").in_data(DataPlace {
            file: here.name.clone(),
            column: Some(here.columns[source.rate].name.clone()),
            value: Some(first.rate.clone()),
            line: None,
        });
        let more = notes.len().saturating_sub(MOST);
        problem.notes.extend(notes.into_iter().take(MOST));
        if more > 0 {
            problem.notes.push(format!("and {more} more"));
        }
        problem
    }
}

fn day(days: i32) -> NaiveDate {
    let since = chrono::Duration::days(i64::from(days));
    NaiveDate::default().checked_add_signed(since).unwrap_or_default()
}

/// `0.09 of USD into EUR on 2026-01-05 (row r7)`.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} into {} on {}", self.rate, self.currency, self.to, day(self.day))?;
        if self.key.is_empty() { Ok(()) } else { write!(f, " (row {})", self.key) }
    }
}
