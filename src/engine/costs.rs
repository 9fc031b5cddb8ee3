//! Amounts of the last closed period -> what KPIs cost and bring in a year.

use super::run::Run;
use super::table::Made;
use crate::diagnostic::Diagnostic;
use crate::model::calendar::Grain;
use crate::model::outcome::{KpiCost, Yearly};
use crate::plan::CostPlan;

impl Run<'_> {
    /// What a KPI costs and brings.
    pub(super) async fn cost(&self, plan: &CostPlan, made: &Made<'_>) -> Result<KpiCost, Diagnostic> {
        let kpi = &self.model.kpis[plan.kpi];
        let mut found = KpiCost {
            kpi: kpi.name.clone(),
            unit: crate::model::types::Unit::none(),
            cost: None,
            benefit: None,
        };
        for (benefit, table) in &plan.tables {
            let computed = self.table(table, made, &[]).await?;
            let row = computed.breakdowns.first().and_then(|b| b.rows.last());
            let yearly = row.map(|row| Yearly {
                amount: row.value.map(|v| v * in_a_year(table.grain, row.start, row.end)),
                reason: row.reason,
                period: row.period.clone(),
            });
            if computed.unit.is_strict() {
                found.unit = computed.unit.clone();
            }
            if *benefit {
                found.benefit = yearly;
            } else {
                found.cost = yearly;
            }
        }
        Ok(found)
    }
}

/// How many periods of a grain a year has; of days and weeks the mean of leap years and others.
fn in_a_year(grain: Grain, start: chrono::NaiveDate, end: chrono::NaiveDate) -> f64 {
    const YEAR: f64 = 365.25;
    match grain {
        Grain::Day => YEAR,
        Grain::Week => YEAR / 7.0,
        Grain::Month => 12.0,
        Grain::Quarter => 4.0,
        Grain::Year => 1.0,
        Grain::Own(_) => YEAR / ((end - start).num_days().max(1) as f64),
    }
}
