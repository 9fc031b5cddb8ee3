//! Verdicts -> tidy rows, one a verdict, for the formats that programs read.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{Datelike, NaiveDate};

use super::findings::{evidence_json, message};
use super::tidy::EPOCH;
use crate::model::findings::{Finding, JudgedPeriod, RuleTable};
use crate::model::outcome::{Outcome, Reason};
use crate::model::rules::Waiver;
use crate::model::verdict::Verdict;

/// A verdict; none of a rule that has nobody to judge.
struct Line<'a> {
    table: &'a RuleTable,
    /// The member and the period.
    at: Option<(usize, usize)>,
    finding: Option<&'a Finding>,
}

impl<'a> Line<'a> {
    fn period(&self) -> Option<&'a JudgedPeriod> {
        let (_, period) = self.at.filter(|_| self.table.grain.is_some())?;
        self.table.periods.get(period)
    }

    /// The finding, where there is something to tell of it.
    fn told(&self) -> Option<&'a Finding> {
        let is = |f: &&Finding| matches!(f.beneath, Verdict::Fires | Verdict::Pending | Verdict::Unknown);
        self.finding.filter(is)
    }

    fn waiver(&self) -> Option<&'a Waiver> {
        self.table.waivers.get(self.finding?.waiver?)
    }

    fn verdict(&self) -> Verdict {
        self.at.map_or(Verdict::NotApplicable, |(member, period)| self.table.verdict(member, period))
    }
}

/// All verdicts: by rule, period and member.
///
/// - `period_end` is the day after the period's last; both are null for a rule that reads definitions alone.
/// - A dimension's column is `at.` and its name.
/// - `beneath` is what the verdict would be without a waiver; `since` the first day of the period in which the
///   condition began to hold; `held` and `clearing` count periods.
/// - `evidence` is a JSON object: by what was read its `value` or `reason`, of a KPI with a target its `status`,
///   `target` and `attainment`. It, `message` and `action` are null where the verdict is a plain `holds`.
/// - A rule that has nobody to judge has one row, `not_applicable`; `note` says what the project lacks.
pub fn batch(outcome: &Outcome) -> Result<RecordBatch, ArrowError> {
    let wanted = |verdict: Verdict| outcome.verdicts.as_ref().is_none_or(|all| all.contains(&verdict));
    let mut dimensions: Vec<&String> = Vec::new();
    let mut lines: Vec<Line<'_>> = Vec::new();
    for table in &outcome.rules {
        for dimension in &table.dimensions {
            if !dimensions.contains(&dimension) {
                dimensions.push(dimension);
            }
        }
        let mut findings = table.findings.iter().peekable();
        for period in 0..table.periods.len() {
            for member in 0..table.members.len() {
                let here = |f: &&Finding| (f.period, f.member) == (period, member);
                let finding = findings.next_if(here);
                lines.push(Line { table, at: Some((member, period)), finding });
            }
        }
        if table.members.is_empty() {
            lines.push(Line { table, at: None, finding: None });
        }
    }
    lines.retain(|line| wanted(line.verdict()));
    let texts = |of: &dyn Fn(&Line<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(lines.iter().map(of).collect::<StringArray>())
    };
    let days = |of: &dyn Fn(&Line<'_>) -> Option<NaiveDate>| -> ArrayRef {
        let of = lines.iter().map(|l| of(l).map(|d| d.num_days_from_ce() - EPOCH));
        Arc::new(of.collect::<Date32Array>())
    };
    let truths = |of: &dyn Fn(&Line<'_>) -> bool| -> ArrayRef {
        Arc::new(lines.iter().map(|l| Some(of(l))).collect::<BooleanArray>())
    };
    let counts = |of: &dyn Fn(&Finding) -> u32| -> ArrayRef {
        Arc::new(lines.iter().map(|l| l.finding.map(|f| i64::from(of(f)))).collect::<Int64Array>())
    };
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("rule".to_owned(), texts(&|l| Some(l.table.rule.clone()))),
        ("axis".to_owned(), texts(&|l| Some(l.table.axis.word().to_owned()))),
        ("severity".to_owned(), texts(&|l| Some(l.table.severity.word().to_owned()))),
        ("grain".to_owned(), texts(&|l| l.table.grain.clone())),
        ("period_start".to_owned(), days(&|l| l.period().map(|p| p.start))),
        ("period_end".to_owned(), days(&|l| l.period().map(|p| p.end))),
    ];
    for dimension in &dimensions {
        let member = |l: &Line<'_>| {
            let at = l.table.dimensions.iter().position(|d| d == *dimension)?;
            Some(l.table.members[l.at?.0][at].key.clone())
        };
        columns.push((format!("at.{dimension}"), texts(&member)));
    }
    let rest: Vec<(&str, ArrayRef)> = vec![
        ("verdict", texts(&|l| Some(l.verdict().word().to_owned()))),
        ("beneath", texts(&|l| Some(l.finding.map_or(l.verdict(), |f| f.beneath).word().to_owned()))),
        ("provisional", truths(&|l| l.period().is_some_and(|p| !p.complete))),
        ("stale", truths(&|l| l.finding.is_some_and(|f| f.stale))),
        ("since", days(&|l| l.finding?.since.as_ref().map(|(_, day)| *day))),
        ("held", counts(&|f| f.held)),
        ("clearing", counts(&|f| f.clearing)),
        ("reason", texts(&|l| l.finding?.why.map(Reason::word).map(str::to_owned))),
        (
            "message",
            texts(&|l| l.told().filter(|f| f.beneath != Verdict::Unknown).map(|f| message(l.table, f))),
        ),
        ("action", texts(&|l| l.told().and(l.table.action.clone()))),
        ("owner", texts(&|l| l.table.owner.clone())),
        ("evidence", texts(&|l| l.finding.map(|f| evidence_json(l.table, f).to_string()))),
        ("waived_until", days(&|l| l.waiver()?.until)),
        ("waiver", texts(&|l| l.waiver()?.reason.clone())),
        ("note", texts(&|l| l.table.lacks.clone().filter(|_| l.at.is_none()))),
        ("period", texts(&|l| l.period().map(|p| p.period.clone()))),
    ];
    columns.extend(rest.into_iter().map(|(name, column)| (name.to_owned(), column)));
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| {
            let always = *column.data_type() == DataType::Boolean;
            Field::new(name, column.data_type().clone(), !always)
        })
        .collect();
    let metadata = [("project", &outcome.project), ("as_of", &outcome.as_of)];
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(k, v)| (k.to_owned(), v.clone())).collect();
    let schema = Schema::new(fields).with_metadata(metadata);
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())
}
