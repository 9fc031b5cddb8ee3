//! What a KPI is judged by: which way is good, the value wanted, and which status a value has. Pure data,
//! and the arithmetic of one value.

use std::fmt;
use std::sync::Arc;

use super::calendar::Grain;
use super::expr::ResultExpr;
use super::project::{Dimension, SourceId};

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Between these, both included.
    Within(f64, f64),
}

/// How a value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// As wanted.
    OnTrack,
    /// Nearly.
    AtRisk,
    /// Not as wanted.
    OffTrack,
    /// Not judged, for a reason.
    #[default]
    Unknown,
}

impl Status {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::OnTrack, Self::AtRisk, Self::OffTrack, Self::Unknown];

    /// By its word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// The word in results: `on_track`.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnTrack => "on_track",
            Self::AtRisk => "at_risk",
            Self::OffTrack => "off_track",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Which status a value has.
#[derive(Clone, Debug, PartialEq)]
pub enum StatusRule {
    /// By floors of attainment; below `at_risk`, or `on_track` where there is none, it is off track.
    Attainment {
        /// On track from here.
        on_track: f64,
        /// At risk from here.
        at_risk: Option<f64>,
    },
    /// By ranges of the value, `[low, high)`, which leave no gap and do not overlap.
    Value(Vec<(Status, Option<f64>, Option<f64>)>),
}

impl Default for StatusRule {
    fn default() -> Self {
        Self::Attainment { on_track: 1.0, at_risk: Some(0.9) }
    }
}

/// What a KPI is judged by.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    /// Which way is good.
    pub better: Option<Better>,
    /// The value wanted.
    pub target: Option<Arc<ResultExpr>>,
    /// Where the way to the target begins.
    pub baseline: Option<Arc<ResultExpr>>,
    /// Which status a value has.
    pub status: StatusRule,
    /// With fewer rows the status is unknown.
    pub min_n: Option<i64>,
    /// Whether an open period is compared with the part of its target that the elapsed days make.
    pub paced: bool,
    /// The value of the period before.
    pub previous: Option<Arc<ResultExpr>>,
    /// Its statuses, where they are stated in place of being judged.
    pub stated: Option<Arc<ResultExpr>>,
}

impl Judge {
    /// Whether anything is wanted of the KPI.
    pub fn wants(&self) -> bool {
        self.target.is_some()
            || self.stated.is_some()
            || matches!(self.better, Some(Better::Within(..)))
            || matches!(self.status, StatusRule::Value(_))
    }

    /// The formulas that are computed beside the KPI's own.
    pub fn formulas(&self) -> impl Iterator<Item = &ResultExpr> {
        [&self.previous, &self.target, &self.baseline].into_iter().flatten().map(|f| &**f)
    }
}

/// What is asked of a KPI beside its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Facet {
    /// Whether its status is this one.
    Is(Status),
    /// Its value.
    Value,
    /// The value wanted.
    Target,
    /// How far it comes to that.
    Attainment,
    /// 0 to 100.
    Score,
    /// The rows behind it.
    N,
    /// The value of the period before.
    Previous,
    /// The value less that.
    Change,
    /// What measuring it costs in a year.
    Cost,
    /// What having it is worth in a year.
    Benefit,
}

impl Facet {
    /// Those that are written after a dot.
    pub const NAMED: [(&'static str, Self); 9] = [
        ("value", Self::Value),
        ("target", Self::Target),
        ("attainment", Self::Attainment),
        ("score", Self::Score),
        ("n", Self::N),
        ("previous", Self::Previous),
        ("change", Self::Change),
        ("cost", Self::Cost),
        ("benefit", Self::Benefit),
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(n, _)| *n == name).map(|(_, facet)| facet)
    }

    /// Whether its values are in the KPI's own unit.
    pub fn in_unit(self) -> bool {
        matches!(self, Self::Value | Self::Target | Self::Previous | Self::Change)
    }
}

/// A KPI of which more is asked than its value.
#[derive(Clone, Debug)]
pub struct AskedKpi {
    /// Its name.
    pub name: String,
    /// Its formula.
    pub formula: Arc<ResultExpr>,
    /// What it is judged by.
    pub judge: Judge,
    /// What is asked.
    pub facet: Facet,
}

impl AskedKpi {
    /// Its formula, then those that it is judged by.
    pub fn formulas(&self) -> impl Iterator<Item = &ResultExpr> {
        std::iter::once(&*self.formula).chain(self.judge.formulas())
    }
}

/// What is asked of the KPI that each cell's member names.
#[derive(Clone, Debug)]
pub struct BoundKpi {
    /// The name of the KPI.
    pub name: ResultExpr,
    /// What is asked, of its total.
    pub facet: Facet,
}

/// An amount for each period of a grain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The KPI that is not shown and computes it, by its place in the model.
    pub kpi: usize,
    /// The grain that it is for.
    pub grain: Grain,
}

/// Values read from a source by the members of a cell and the start of its period.
#[derive(Clone, Debug)]
pub struct ValueTable {
    /// The source.
    pub source: SourceId,
    /// The column with the value.
    pub value: usize,
    /// Columns that must equal the cell's member of a dimension where they are not empty.
    pub matches: Vec<(usize, Dimension)>,
    /// The column with the first day that a row holds for.
    pub from: Option<usize>,
    /// The grain that the values are for.
    pub grain: Option<Grain>,
    /// Whether a cell without a row of its own has the sum of those that it is made of.
    pub total: bool,
    /// Whether values are spread to other grains by days.
    pub spread: bool,
    /// Where it is defined.
    pub span: crate::source::Span,
}

/// As thresholds compare: to nine decimals.
pub fn rounded(value: f64) -> f64 {
    let scaled = (value * 1e9).round() / 1e9;
    if scaled.is_finite() { scaled } else { value }
}

/// Without the last digits, which floats make up: 1.2, not 1.2000000000000002.
pub fn clean(value: f64) -> f64 {
    let scaled = (value * 1e12).round() / 1e12;
    if scaled.is_finite() { scaled + 0.0 } else { value }
}

impl Better {
    /// How far a value comes to its target: 1 where it is met, not below 0. `None` where the baseline is the target.
    pub fn attainment(self, value: f64, target: f64, baseline: Option<f64>) -> Option<f64> {
        let raw = match (self, baseline) {
            (Self::Within(low, high), _) => {
                let distance = (low - value).max(value - high).max(0.0);
                match rounded(distance) {
                    d if d <= 0.0 => 1.0,
                    _ if high > low => 1.0 - distance / (high - low),
                    _ => 0.0,
                }
            }
            (_, Some(base)) if rounded(target - base) == 0.0 => return None,
            (_, Some(base)) => (value - base) / (target - base),
            (Self::Higher, None) if target == 0.0 => f64::from(u8::from(rounded(value) >= 0.0)),
            (Self::Lower, None) if target == 0.0 => f64::from(u8::from(rounded(value) <= 0.0)),
            (Self::Higher, None) => 1.0 + (value - target) / target.abs(),
            (Self::Lower, None) => 1.0 - (value - target) / target.abs(),
        };
        Some(clean(raw.max(0.0)))
    }
}

impl StatusRule {
    /// The status of a value and its attainment.
    pub fn of(&self, value: f64, attainment: Option<f64>) -> Option<Status> {
        match self {
            Self::Attainment { on_track, at_risk } => {
                let attainment = rounded(attainment?);
                Some(match at_risk {
                    _ if attainment >= rounded(*on_track) => Status::OnTrack,
                    Some(floor) if attainment >= rounded(*floor) => Status::AtRisk,
                    _ => Status::OffTrack,
                })
            }
            Self::Value(ranges) => {
                let value = rounded(value);
                let holds = |low: &Option<f64>, high: &Option<f64>| {
                    low.is_none_or(|l| value >= rounded(l)) && high.is_none_or(|h| value < rounded(h))
                };
                ranges.iter().find(|(_, low, high)| holds(low, high)).map(|(status, ..)| *status)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn more_is_never_worse_where_higher_is_better(
            value in -1000.0..1000.0f64,
            more in 0.0..1000.0f64,
            target in -500i32..500,
        ) {
            let rule = StatusRule::default();
            let of = |value: f64, better: Better| {
                let attainment = better.attainment(value, f64::from(target), None);
                (attainment.unwrap(), rule.of(value, attainment).unwrap())
            };
            let (before, after) = (of(value, Better::Higher), of(value + more, Better::Higher));
            prop_assert!(after.0 >= before.0 && after.1 <= before.1, "{before:?} {after:?}");
            let (before, after) = (of(value, Better::Lower), of(value + more, Better::Lower));
            prop_assert!(after.0 <= before.0 && after.1 >= before.1, "{before:?} {after:?}");
        }
    }

    fn percent(attainment: Option<f64>) -> i64 {
        (attainment.unwrap() * 100.0).round() as i64
    }

    #[test]
    fn attainment_by_direction() {
        let lower = |v, t| percent(Better::Lower.attainment(v, t, None));
        assert_eq!((lower(0.04, 0.05), lower(0.05, 0.05), lower(0.12, 0.05)), (120, 100, 0));
        assert_eq!((lower(0.0, 0.0), lower(3.0, 0.0), lower(-1.0, 0.0)), (100, 0, 100));
        let higher = |v, t| percent(Better::Higher.attainment(v, t, None));
        assert_eq!((higher(-50.0, -100.0), higher(-100.0, -100.0), higher(-250.0, -100.0)), (150, 100, 0));
        assert_eq!((higher(380.0, 400.0), higher(84.0, 70.0), higher(-3.0, 0.0)), (95, 120, 0));
        let within = |v| percent(Better::Within(2.0, 4.0).attainment(v, 0.0, None));
        assert_eq!((within(5.0), within(4.0), within(1.0), within(7.0)), (50, 100, 50, 0));
    }

    #[test]
    fn from_a_baseline_either_way() {
        // 100 down to 60, at 90: a quarter of the way.
        assert_eq!(percent(Better::Lower.attainment(90.0, 60.0, Some(100.0))), 25);
        assert_eq!(percent(Better::Higher.attainment(5.0, 20.0, Some(10.0))), 0);
        assert_eq!(Better::Higher.attainment(5.0, 20.0, Some(20.0)), None);
    }

    #[test]
    fn floors_compare_to_nine_decimals() {
        let rule = StatusRule::default();
        // 1 + (0.18 - 0.2) / 0.2 is a hair below 0.9.
        let attainment = Better::Higher.attainment(0.18, 0.2, None);
        assert_eq!(rule.of(0.18, attainment), Some(Status::AtRisk));
        assert_eq!(rule.of(0.0, Some(0.899_999_998)), Some(Status::OffTrack));
        assert_eq!(rule.of(0.0, Some(1.0)), Some(Status::OnTrack));
        assert_eq!(rule.of(0.0, None), None);
    }

    #[test]
    fn ranges_hold_their_low_end() {
        let ranges = vec![
            (Status::OnTrack, Some(50.0), None),
            (Status::AtRisk, Some(30.0), Some(50.0)),
            (Status::OffTrack, None, Some(30.0)),
        ];
        let rule = StatusRule::Value(ranges);
        let of = |v| rule.of(v, None).unwrap();
        assert_eq!(
            [of(50.0), of(49.999), of(30.0), of(29.9)],
            [Status::OnTrack, Status::AtRisk, Status::AtRisk, Status::OffTrack]
        );
    }
}
