//! How a value, a change and a member read: digits by type and unit, percentages, days, labels beside
//! keys. Exact decimals are shown from their own digits. Knows no layout.

use super::number::Decimal;
use super::tidy;
use crate::model::outcome::{KpiTable, Member, Reason, Row};
use crate::model::rules::Operand;
use crate::model::types::{Type, Unit};
use crate::model::why::Figure;

/// What stands where there is no value.
pub const NO_VALUE: &str = "–";
/// What stands for a missing member.
pub const NO_MEMBER: &str = "(none)";
/// A float with more digits before the point than this is shown as a power of ten.
const MOST_DIGITS: usize = 21;

/// How the values of one KPI are shown: all with the same digits, so that they line up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    kind: Kind,
    digits: usize,
    float: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Percent,
    Number,
    Days,
    AsIs,
}

impl Shape {
    /// From the KPI's own `decimals`, else: counts and other integers 0, percentages 1, all else 2
    /// (money, averages, days 1), and two more where every value would round to nearly nothing.
    pub fn of(table: &KpiTable) -> Self {
        Self::new((table.ty, &table.unit, table.percent), table.decimals, &|limit| all_below(table, limit))
    }

    /// The same, of one value.
    pub fn of_figure(figure: &Figure) -> Self {
        let below = |limit: f64| figure.value.is_some_and(|v| v != 0.0 && v.abs() < limit);
        Self::new((figure.ty, &figure.unit, figure.percent), figure.decimals, &below)
    }

    /// The same, of a value that a rule reads.
    pub fn of_operand(operand: &Operand, value: Option<f64>) -> Self {
        let below = |limit: f64| value.is_some_and(|v| v != 0.0 && v.abs() < limit);
        Self::new((operand.ty, &operand.unit, operand.percent), operand.decimals, &below)
    }

    fn new(
        (ty, unit, percent): (Type, &Unit, bool),
        decimals: Option<u8>,
        all_below: &dyn Fn(f64) -> bool,
    ) -> Self {
        let kind = match ty {
            Type::Text | Type::Date | Type::Timestamp | Type::Boolean => Kind::AsIs,
            Type::Duration => Kind::Days,
            _ if percent => Kind::Percent,
            _ => Kind::Number,
        };
        let digits = match (kind, ty) {
            (Kind::Percent, _) => 1 + 2 * usize::from(all_below(0.001)),
            (Kind::Days, _) => 1,
            (_, Type::Integer) => 0,
            _ if is_money(unit) => 2,
            (_, Type::Decimal(scale)) if scale <= 2 => usize::from(scale),
            _ => 2 + 2 * usize::from(all_below(0.1)),
        };
        Self { kind, digits: decimals.map_or(digits, usize::from), float: ty == Type::Float }
    }

    /// Whether values are numbers: at the right, with changes.
    pub fn is_number(self) -> bool {
        self.kind != Kind::AsIs
    }

    /// The value as read; none where it is missing.
    pub fn text(self, row: &Row) -> Option<String> {
        if row.reason.is_some() && row.value.is_none() {
            return None;
        }
        self.shown(row.value, row.exact.as_deref())
    }

    /// The same, of a value and its exact text.
    pub fn shown(self, value: Option<f64>, exact: Option<&str>) -> Option<String> {
        let float = value.and_then(Decimal::from_f64);
        let number = match self.kind {
            Kind::AsIs => return exact.map(plain).or_else(|| float.map(|d| d.grouped())),
            // A duration's exact text counts in its own unit; the number is in days.
            Kind::Days => float,
            Kind::Percent | Kind::Number => exact.and_then(Decimal::parse).or(float),
        }?;
        if self.kind == Kind::Percent {
            return Some(format!("{}%", number.shifted(2).rounded(self.digits).grouped()));
        }
        match value {
            // Its digits past the 17th are none that were measured.
            Some(value) if self.float && number.whole_digits() > MOST_DIGITS => Some(format!("{value:.3e}")),
            _ => Some(number.rounded(self.digits).grouped()),
        }
    }

    /// A number as the values are shown.
    pub fn number(self, value: f64) -> Option<String> {
        let number = Decimal::from_f64(value)?;
        Some(match self.kind {
            Kind::Percent => format!("{}%", number.shifted(2).rounded(self.digits).grouped()),
            _ => number.rounded(self.digits).grouped(),
        })
    }

    /// A part of a change, with its sign: between percentages in points, `+1.25 pp`; of a product of whole numbers
    /// (`broken`) with two digits.
    pub fn effect(self, value: f64, broken: bool) -> Option<String> {
        let (places, digits, unit) = match self.kind {
            Kind::AsIs => return None,
            Kind::Percent => (2, self.digits + 1, " pp"),
            Kind::Number | Kind::Days => (0, if broken { self.digits.max(2) } else { self.digits }, ""),
        };
        let number = Decimal::from_f64(value)?.shifted(places);
        // Nine digits first, as in a change: what floats leave behind the last digit does not round.
        let number = number.rounded(9.max(digits)).rounded(digits);
        Some(format!("{}{unit}", number.signed()))
    }

    /// From `before` to `now`: `+12.3%`; between percentages the difference, `+1.2 pp`. None from
    /// nothing, from zero, and between what are no numbers.
    pub fn change(self, before: &Row, now: &Row) -> Option<String> {
        let (a, b) = (before.value?, now.value?);
        let (difference, unit) = match self.kind {
            Kind::AsIs => return None,
            Kind::Percent => ((b - a) * 100.0, " pp"),
            // Over a base of zero, or below, a percentage says nothing.
            Kind::Number | Kind::Days if a <= 0.0 => return None,
            Kind::Number | Kind::Days => ((b - a) / a * 100.0, "%"),
        };
        if !difference.is_finite() {
            return None;
        }
        // Nine digits first: 16.25% - 15% is 1.25 points, not a hair less.
        let difference = Decimal::parse(&format!("{difference:.9}"))?.rounded(1);
        Some(format!("{}{unit}", difference.signed()))
    }
}

/// Whether no value reaches `limit`, though not all are zero.
fn all_below(table: &KpiTable, limit: f64) -> bool {
    let values = table.breakdowns.iter().flat_map(|b| &b.rows).filter_map(|r| r.value);
    let most = values.map(f64::abs).fold(0.0, f64::max);
    most > 0.0 && most < limit
}

/// A currency by its three capitals, also per something: `EUR / account`.
fn is_money(unit: &Unit) -> bool {
    let text = unit.to_string();
    let first = text.split(" / ").next().unwrap_or_default();
    unit.is_strict() && first.len() == 3 && first.bytes().all(|b| b.is_ascii_uppercase())
}

/// `Revenue (revenue)`, or the name alone; then what the values count in and the grain.
pub fn title(table: &KpiTable) -> (String, String) {
    let name = named(&table.kpi, table.label.as_deref());
    let unit = if table.percent { None } else { tidy::unit(table) };
    let rest: Vec<String> = unit.iter().chain([&table.grain]).map(|part| plain(part)).collect();
    (format!("{}{}", name.0, name.1), format!(" · {}", rest.join(" · ")))
}

/// What heads a column of values: their unit.
pub fn unit_header(table: &KpiTable) -> String {
    if table.percent { None } else { tidy::unit(table) }.map_or_else(|| "value".to_owned(), |u| plain(&u))
}

/// A member in two parts, `Łódź Sp.` and ` (a12)`: the first can be shortened and the key still tells
/// it apart.
pub fn member(member: Option<&Member>) -> (String, String) {
    match member {
        None => (NO_MEMBER.to_owned(), String::new()),
        Some(m) if m.label.as_ref().is_none_or(String::is_empty) => named(&m.key, None),
        Some(m) => named(&m.key, m.label.as_deref()),
    }
}

fn named(key: &str, label: Option<&str>) -> (String, String) {
    // A text that is empty, or reads like a missing member, is quoted to be told from it.
    let shown = if key.is_empty() || key == NO_MEMBER { format!("\"{key}\"") } else { plain(key) };
    match label {
        Some(label) if label != key => (plain(label), format!(" ({shown})")),
        _ => (shown, String::new()),
    }
}

/// `no rows`.
pub fn reason(reason: Option<Reason>) -> String {
    reason.map_or_else(|| "missing".to_owned(), |r| r.word().replace('_', " "))
}

/// A count: `1,234`.
pub fn count(n: i64) -> String {
    Decimal::parse(&n.to_string()).map_or_else(|| n.to_string(), |d| d.grouped())
}

/// On one line, without what would move the cursor or turn the writing direction of what follows.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{breakdown, row, table};
    use super::*;

    fn shown(ty: Type, unit: &str, percent: bool, exact: &str) -> Option<String> {
        let r = row(1).of(exact);
        let t = KpiTable {
            ty,
            unit: Unit::declared(unit),
            percent,
            ..table("x", vec![breakdown(&[], vec![r.clone()])])
        };
        Shape::of(&t).text(&r)
    }

    #[test]
    fn digits_follow_type_and_unit() {
        let of = |ty, unit, percent, exact| shown(ty, unit, percent, exact).unwrap();
        assert_eq!(of(Type::Decimal(4), "EUR", false, "1234.5055"), "1,234.51");
        assert_eq!(of(Type::Float, "EUR / account", false, "12"), "12.00");
        assert_eq!(of(Type::Integer, "", false, "9223372036854775808"), "9,223,372,036,854,775,808");
        assert_eq!(of(Type::Decimal(1), "", false, "3.5"), "3.5");
        assert_eq!(of(Type::Float, "", false, "8.333333333"), "8.33");
        assert_eq!(of(Type::Float, "", false, "0.01234"), "0.0123");
        assert_eq!(of(Type::Float, "", true, "0.123"), "12.3%");
        assert_eq!(of(Type::Float, "", true, "0.0005"), "0.050%");
        assert_eq!(of(Type::Float, "", true, "-0.70"), "-70.0%");
        assert_eq!(of(Type::Duration, "", false, "41.666"), "41.7");
        assert_eq!(of(Type::Text, "", false, "a\nb"), "a b");
        assert_eq!(of(Type::Date, "", false, "2026-01-31"), "2026-01-31");
    }

    #[test]
    fn the_kpis_own_decimals_win() {
        let t = KpiTable { decimals: Some(0), ..table("x", vec![]) };
        assert_eq!(Shape::of(&t).text(&row(1).of("2.5")).as_deref(), Some("3"));
    }

    #[test]
    fn a_missing_value_is_no_text_and_a_float_without_digits_is_short() {
        assert_eq!(Shape::of(&table("x", vec![])).text(&row(1).missing(Reason::NoRows)), None);
        let far = row(1).of("1e300");
        let t = KpiTable { ty: Type::Float, ..table("x", vec![]) };
        assert_eq!(Shape::of(&t).text(&far).as_deref(), Some("1.000e300"));
    }

    #[test]
    fn changes_are_percentages_and_between_percentages_points() {
        let change = |percent, a: &str, b: &str| {
            let t = KpiTable { percent, ty: Type::Float, ..table("x", vec![]) };
            Shape::of(&t).change(&row(1).of(a), &row(2).of(b))
        };
        assert_eq!(change(false, "100", "30").as_deref(), Some("-70.0%"));
        assert_eq!(change(false, "100", "1234.56").as_deref(), Some("+1,134.6%"));
        assert_eq!(change(false, "-100", "-50"), None);
        assert_eq!(change(false, "30", "30").as_deref(), Some("0.0%"));
        assert_eq!(change(false, "0", "30"), None);
        assert_eq!(change(true, "0.15", "0.1625").as_deref(), Some("+1.3 pp"));
        assert_eq!(change(true, "0", "0.05").as_deref(), Some("+5.0 pp"));
    }

    #[test]
    fn effects_have_signs_and_are_points_between_percentages() {
        let of = |ty, percent, value, broken| {
            Shape::of(&KpiTable { ty, percent, ..table("x", vec![]) }).effect(value, broken).unwrap()
        };
        assert_eq!(of(Type::Float, true, -0.060_000_000_000_000_01, false), "-6.00 pp");
        assert_eq!(of(Type::Integer, false, 1234.0, false), "+1,234");
        assert_eq!(of(Type::Integer, false, 947.602, true), "+947.60");
        assert_eq!(of(Type::Decimal(2), false, 1.004_999_999_999_9, false), "+1.01");
        assert_eq!(of(Type::Float, false, -1e-18, false), "0.00");
        assert_eq!(Shape::of(&KpiTable { ty: Type::Text, ..table("x", vec![]) }).effect(1.0, false), None);
    }

    #[test]
    fn members_show_label_and_key() {
        let of = |key: &str, label: Option<&str>| {
            let (a, b) = member(Some(&Member { key: key.to_owned(), label: label.map(str::to_owned) }));
            a + &b
        };
        assert_eq!(of("a12", Some("Łódź Sp.")), "Łódź Sp. (a12)");
        assert_eq!(of("Retail", Some("Retail")), "Retail");
        assert_eq!(of("a12", Some("")), "a12");
        assert_eq!(of("", None), "\"\"");
        assert_eq!(of("(none)", None), "\"(none)\"");
        assert_eq!(member(None).0, "(none)");
    }

    proptest! {
        #[test]
        fn nothing_panics(bits in any::<u64>(), exact in proptest::option::of("\\PC{0,80}|-?[0-9]{1,60}(\\.[0-9]{0,60})?"), percent: bool, decimals in proptest::option::of(0u8..60)) {
            for ty in [Type::Integer, Type::Decimal(2), Type::Float, Type::Duration, Type::Boolean, Type::Unknown] {
                let r = Row { value: Some(f64::from_bits(bits)), exact: exact.clone(), ..row(1) };
                let t = KpiTable { ty, percent, decimals, ..table("x", vec![breakdown(&[], vec![r.clone()])]) };
                let shape = Shape::of(&t);
                let _ = (shape.text(&r), shape.change(&r, &row(2).of("1")), shape.change(&row(2).of("1"), &r));
            }
        }
    }
}
