//! Who held what when, from the rows of a span source; spans of one key that overlap are an error.

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result as DfResult};

use super::Ready;
use crate::diagnostic::{Diagnostic, codes};
use crate::engine::run::Run;
use crate::engine::runner::Runner;
use crate::model::project::{ColumnRef, Via};
use crate::plan::holders::{Holders, Overlap, SharedHolders, Spans};
use crate::plan::lower::Lowering;
use crate::plan::steps::held_columns;
use crate::results::set::texts;

/// Overlaps that are named.
const NAMED: usize = 4;

impl Run<'_> {
    /// Reads the holders of a relation.
    pub(super) async fn holders(
        &self,
        ready: &Ready,
        via: &Via,
        runner: &dyn Runner,
    ) -> DfResult<Result<SharedHolders, Vec<Diagnostic>>> {
        let read = held_columns(self.model, via);
        let scans = self.scans(ready);
        let lowering = Lowering::new(self.model, via.source, scans.stores);
        let own = |column: usize| lowering.column(&ColumnRef { hops: Vec::new(), column });
        let here = self.model.source(via.source);
        let Some(span) = here.span else { return Ok(Err(Vec::new())) };
        let mut wanted: Vec<_> = via.matched.iter().chain(&via.found).map(|c| own(*c)).collect();
        wanted.push(own(span.from));
        wanted.extend(span.to.map(own));
        let rows = self.batch(scans.values(&read, &lowering, wanted)?, runner).await?;
        let (keys, rest) = rows.columns().split_at(via.matched.len());
        let (found, times) = rest.split_at(via.found.len());
        let spans = Spans {
            keys: keys.to_vec(),
            from: Arc::clone(&times[0]),
            to: times.get(1).cloned(),
            inclusive: span.inclusive,
            found: found.to_vec(),
        };
        let (holders, overlaps) = Holders::new(spans, self.model.calendar.timezone)
            .map_err(|f| DataFusionError::External(Box::new(f)))?;
        if overlaps.is_empty() {
            return Ok(Ok(Arc::new(holders)));
        }
        let columns = rows.columns().iter().map(|c| texts(c, self.model)).collect::<DfResult<Vec<_>>>()?;
        let shown = |row: u32| {
            let part = |c: usize| columns[c][row as usize].clone().unwrap_or_else(|| "now".to_owned());
            let (first, last) = (via.matched.len() + via.found.len(), columns.len());
            let key = (0..via.matched.len()).map(part).collect::<Vec<_>>().join(", ");
            let holder = (via.matched.len()..first).map(part).collect::<Vec<_>>().join(", ");
            let times = (first..last).map(part).collect::<Vec<_>>().join(" to ");
            (key, format!("{holder} from {times}"))
        };
        let tell = |overlap: &Overlap| {
            let ((key, one), (_, two)) = (shown(overlap.first), shown(overlap.second));
            format!("`{key}`: {one}, and {two}")
        };
        let mut all: Vec<String> = overlaps.iter().map(tell).collect();
        all.sort();
        let mut problem = Diagnostic::new(
            &codes::OVERLAP,
            format!("spans of `{}` overlap: {}", here.name, all[0]),
        )
        .at(here.defined, "one row at a time says who held it")
        .help("the first should end where the second starts; or `on_bad_rows: quarantine`, which sets both aside");
        for more in all.iter().skip(1).take(NAMED - 1) {
            problem = problem.note(format!("also {more}"));
        }
        if all.len() > NAMED {
            problem = problem.note(format!("{} in all", all.len()));
        }
        Ok(Err(vec![problem]))
    }
}
