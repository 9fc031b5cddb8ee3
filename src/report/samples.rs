//! Small results for the tests of the printers, written down as a test reads best.

use chrono::NaiveDate;

use crate::model::outcome::{Breakdown, KpiTable, Member, Outcome, Reason, Row};
use crate::model::types::{Type, Unit};

/// A row of month `month` of 2026 (0 is December 2025) with no value yet.
pub fn row(month: u32) -> Row {
    let day = |m: u32| {
        if m == 0 { NaiveDate::from_ymd_opt(2025, 12, 1) } else { NaiveDate::from_ymd_opt(2026, m, 1) }
            .unwrap()
    };
    let start = day(month);
    Row {
        period: start.format("%Y-%m").to_string(),
        start,
        end: day(month + 1),
        complete: true,
        window_complete: true,
        members: Vec::new(),
        value: None,
        exact: None,
        n: 0,
        skipped: 0,
        reason: None,
        judged: crate::model::outcome::Judged::default(),
    }
}

impl Row {
    /// With this value, exactly.
    pub(super) fn of(mut self, exact: &str) -> Self {
        self.value = exact.parse().ok();
        self.exact = Some(exact.to_owned());
        self.n = 7;
        self
    }

    /// With one more member.
    pub(super) fn member(mut self, key: Option<&str>, label: Option<&str>) -> Self {
        self.members.push(key.map(|k| Member { key: k.to_owned(), label: label.map(str::to_owned) }));
        self
    }

    /// Missing, for this reason.
    pub(super) fn missing(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// In an open period.
    pub(super) fn open(mut self) -> Self {
        self.complete = false;
        self
    }

    /// With rows skipped.
    pub(super) fn skipping(mut self, skipped: i64) -> Self {
        self.skipped = skipped;
        self
    }
}

/// A breakdown.
pub fn breakdown(dimensions: &[&str], rows: Vec<Row>) -> Breakdown {
    Breakdown { dimensions: dimensions.iter().map(|d| (*d).to_owned()).collect(), rows }
}

/// A KPI by month, in EUR with two digits.
pub fn table(kpi: &str, breakdowns: Vec<Breakdown>) -> KpiTable {
    KpiTable {
        kpi: kpi.to_owned(),
        label: None,
        grain: "month".to_owned(),
        ty: Type::Decimal(2),
        unit: Unit::declared("EUR"),
        percent: false,
        decimals: None,
        judged: false,
        breakdowns,
    }
}

/// A run.
pub fn outcome(tables: Vec<KpiTable>) -> Outcome {
    Outcome {
        project: "key-accounts".to_owned(),
        as_of: "2026-02-10".to_owned(),
        tables,
        scorecards: Vec::new(),
        rules: Vec::new(),
        set_aside: Vec::new(),
        verdicts: None,
        costs: Vec::new(),
        expanded: Vec::new(),
        notes: Vec::new(),
    }
}

/// Revenue of two months by segment, and a churn rate: what most tests print.
pub fn two_kpis() -> Outcome {
    let revenue = KpiTable {
        label: Some("Revenue".to_owned()),
        ..table(
            "revenue",
            vec![
                breakdown(&[], vec![row(1).of("1234.50"), row(2).of("-20.00").open().skipping(3)]),
                breakdown(
                    &["account.segment"],
                    vec![
                        row(1).member(Some("Retail, EU"), None).of("1000.00"),
                        row(1).member(Some(""), None).of("34.50"),
                        row(1).member(None, None).of("200.00"),
                        row(2).member(Some("Retail, EU"), None).of("-20.00").open(),
                        row(2).member(Some(""), None).missing(Reason::NoValues).open().skipping(3),
                        row(2).member(None, None).of("0.00").open(),
                    ],
                ),
            ],
        )
    };
    let churn = KpiTable {
        ty: Type::Float,
        unit: Unit::none(),
        percent: true,
        ..table(
            "churn_rate",
            vec![breakdown(&[], vec![row(1).of("0.125"), row(2).missing(Reason::ZeroDenominator).open()])],
        )
    };
    outcome(vec![revenue, churn])
}
