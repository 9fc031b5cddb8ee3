//! Members that a breakdown shows whether seen or not, with the periods that they are active in.

use chrono::NaiveDate;
use datafusion::common::Result;

use super::runner::Runner;
use crate::model::calendar::Calendar;
use crate::model::project::Model;
use crate::plan::scan::Scans;
use crate::plan::{Population, TablePlan};
use crate::results::set::{Members, SetColumns, SetResult};

/// A member and when it is active, `[from, to)`.
pub struct Active {
    /// The members.
    pub members: Vec<(Members, Option<NaiveDate>, Option<NaiveDate>)>,
}

impl Active {
    /// Runs a population's group.
    pub async fn read(
        model: &Model,
        scans: &Scans<'_>,
        population: &Population,
        runner: &dyn Runner,
    ) -> Result<Self> {
        let plan = scans.group(&population.group, None)?;
        let batches = runner.run(plan.plan).await?;
        let columns = SetColumns {
            period: "p".to_owned(),
            keys: (0..population.group.sets[0].keys.len()).map(|i| format!("k{i}")).collect(),
            parts: 0,
            only: None,
        };
        let set = SetResult::read(model, &batches, &columns, &[])?;
        let day =
            |text: Option<&Option<String>>| -> Option<NaiveDate> { text?.as_ref()?.get(..10)?.parse().ok() };
        let members = set
            .members
            .into_iter()
            .map(|all| {
                let from = if population.from { day(all.get(population.width)) } else { None };
                let to = if population.to { day(all.get(population.width + 1)) } else { None };
                let to = if population.inclusive { to.and_then(|t| t.succ_opt()) } else { to };
                (all[..population.width].to_vec(), from, to)
            })
            .collect();
        Ok(Self { members })
    }

    /// The members, each with the periods of a table that it is active in.
    pub fn periods(&self, table: &TablePlan, calendar: &Calendar) -> Vec<(Members, Vec<bool>)> {
        self.members
            .iter()
            .map(|(members, from, to)| {
                let active = table.computed.clone().map(|p| {
                    let (start, end) = (calendar.start(table.grain, p), calendar.end(table.grain, p));
                    from.is_none_or(|f| f < end) && to.is_none_or(|t| t > start)
                });
                (members.clone(), active.collect())
            })
            .collect()
    }
}
