//! Reads tables of values (targets, parameters), before the groups. Two rows for the same members from the
//! same day are an error that names them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use datafusion::common::{DataFusionError, Result as DfResult};

use super::prepare::Ready;
use super::run::{Outcomes, Run};
use super::runner::Runner;
use crate::diagnostic::{DataPlace, Diagnostic, codes};
use crate::functions::arrays::dates;
use crate::functions::operators::comparison::local_days;
use crate::functions::{Env, result_type};
use crate::model::judge::ValueTable;
use crate::model::types::Type;
use crate::plan::lower::{Lowering, alias};
use crate::results::evaluate::stored;
use crate::results::set::{Members, texts};
use crate::results::tables::{TableValues, Tables};

impl Run<'_> {
    /// Reads the tables that the asked KPIs need.
    pub(super) async fn read_tables(&self, ready: &Ready, runner: &dyn Runner) -> Outcomes<Tables> {
        let mut all = BTreeMap::new();
        for table in &self.graph.tables_read {
            let spec = &self.model.tables[*table];
            let read = async { self.table_values(spec, &self.table_rows(spec, ready, runner).await?) };
            let values = read.await.map_err(|e| vec![self.of_source(&e, spec.source)])?;
            if let Some(problem) = self.repeated(&values) {
                return Err(vec![problem]);
            }
            all.insert(*table, values);
        }
        Ok(all)
    }

    async fn table_rows(
        &self,
        table: &ValueTable,
        ready: &Ready,
        runner: &dyn Runner,
    ) -> DfResult<RecordBatch> {
        let scans = self.scans(ready);
        let lowering = Lowering::new(self.model, table.source, scans.stores);
        let columns = table.columns();
        let columns: Vec<_> =
            columns.iter().enumerate().map(|(i, c)| lowering.column(c).alias(format!("v{i}"))).collect();
        let plan = scans.rows(table.source)?.alias(alias(&[]))?.project(columns)?.build()?;
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let batches = runner.run(plan).await?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        Ok(concat_batches(&schema, &batches)?)
    }

    fn table_values(&self, table: &ValueTable, rows: &RecordBatch) -> DfResult<TableValues> {
        let source = self.model.source(table.source);
        let failed = |f: crate::functions::Failure| DataFusionError::External(Box::new(f));
        let ty = source.columns[table.value].ty;
        let values = stored(rows.column(0), &result_type(ty)).map_err(failed)?;
        let width = table.matches.len();
        let mut columns: Vec<Members> = Vec::new();
        for column in &rows.columns()[1..=width] {
            let members = texts(column, self.model)?;
            columns.push(members.into_iter().map(|m| m.filter(|text| !text.is_empty())).collect());
        }
        let count = rows.num_rows();
        let members = (0..count).map(|row| columns.iter().map(|c| c[row].clone()).collect()).collect();
        let from = match table.from {
            Some(column) => {
                let found = rows.column(width + 1);
                let days = match source.columns[column].ty {
                    Type::Timestamp => local_days(found, &Env { timezone: self.model.calendar.timezone }),
                    _ => dates(found),
                };
                days.map_err(failed)?.iter().collect()
            }
            None => vec![None; count],
        };
        let dimensions = table.matches.iter().map(|(_, wanted)| self.model.ways(&wanted.path)).collect();
        Ok(TableValues { spec: table.clone(), dimensions, values, members, from })
    }

    fn repeated(&self, table: &TableValues) -> Option<Diagnostic> {
        let mut seen: BTreeMap<(&Members, Option<i32>), usize> = BTreeMap::new();
        let twice = (0..table.members.len())
            .find(|row| seen.insert((&table.members[*row], table.from[*row]), *row).is_some())?;
        let source = self.model.source(table.spec.source);
        let value = |row: usize| {
            texts(&table.values.slice(row, 1), self.model).ok().and_then(|t| t.into_iter().flatten().next())
        };
        let first = (0..twice)
            .find(|r| (&table.members[*r], table.from[*r]) == (&table.members[twice], table.from[twice]))?;
        let of: Vec<String> = table
            .spec
            .matches
            .iter()
            .zip(&table.members[twice])
            .map(|((_, d), m)| format!("{} {}", d.name(), m.as_deref().unwrap_or("(empty)")))
            .collect();
        let since = table.from[twice].and_then(crate::functions::clock::calendar);
        let since = since.map_or_else(String::new, |day| format!(", from {day}"));
        let of = if of.is_empty() { "all".to_owned() } else { of.join(", ") };
        let [a, b] = [first, twice].map(|r| value(r).unwrap_or_else(|| "(missing)".to_owned()));
        Some(
            Diagnostic::new(&codes::TABLE_TIE, format!("two rows of `{}` for {of}{since}", source.name))
                .at(table.spec.span, "which of them holds is not said")
                .also(source.defined, "the rows are read from here")
                .note(format!("the values are {a} and {b}"))
                .help("keep one of them, or give them different days in the column of `from:`")
                .in_data(DataPlace {
                    file: source.name.clone(),
                    column: Some(source.columns[table.spec.value].name.clone()),
                    value: Some(b),
                    line: None,
                }),
        )
    }
}
