//! The text of generated formulas, as a rule file has it. Every operand stands in brackets, so that nothing
//! here depends on precedence.

use std::fmt::Write as _;

use super::calendar::{Grain, Window};
use super::formula::{Aggregate, Convert, Formula, Moment, Per, Row, Shift};
use super::schema::SOURCES;
use super::value::Value;

/// A literal.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Duration(micros) => format!("{} hours", micros / 3_600_000_000),
        other => other.plain(),
    }
}

/// With a word before what is negated.
fn no(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

impl Row {
    /// As text; paths with this before them.
    pub fn print(&self, before: &str) -> String {
        let sub = |r: &Self| match r {
            Self::Path(_) | Self::Lit(_) | Self::Call(..) | Self::Period(_) | Self::Gap(..) => {
                r.print(before)
            }
            _ => format!("({})", r.print(before)),
        };
        match self {
            Self::Path(path) => format!("{before}{}", path.join(".")),
            Self::Lit(value) => literal(value),
            Self::Bin(op, a, b) => format!("{} {op} {}", sub(a), sub(b)),
            Self::Not(a) => format!("not {}", sub(a)),
            // Conjuncts stay bare: what they narrow is looked for among them.
            Self::And(a, b) => format!("{} and {}", sub(a), sub(b)),
            Self::Or(a, b) => format!("{} or {}", sub(a), sub(b)),
            Self::Cmp(op, a, b) => format!("{} {op} {}", sub(a), sub(b)),
            Self::In(a, values, not) => {
                let values: Vec<String> = values.iter().map(literal).collect();
                format!("{} {}in ({})", sub(a), no(*not), values.join(", "))
            }
            Self::Between(a, low, high, not) => {
                format!("{} {}between {} and {}", sub(a), no(*not), literal(low), literal(high))
            }
            Self::IsMissing(a, not) => format!("{} is {}missing", sub(a), no(*not)),
            Self::Text(op, a, text, not) => format!("{} {}{op} \"{text}\"", sub(a), no(*not)),
            Self::InPeriod(path, not) => format!("{} {}in period", path.join("."), no(*not)),
            Self::Call(name, args) => {
                let args: Vec<String> = args.iter().map(|a| a.print(before)).collect();
                format!("{name}({})", args.join(", "))
            }
            Self::Period(word) => format!("period.{word}"),
            Self::Gap(source, time) => format!("gap({}.{time} per account)", SOURCES[*source].name),
        }
    }
}

impl Aggregate {
    fn print(&self) -> String {
        let source = SOURCES[self.source].name;
        let mut text = match self.args.split_first() {
            None => format!("{}({source}", self.name),
            Some((first, _)) => format!("{}({}", self.name, first.print(&format!("{source}."))),
        };
        match &self.moment {
            Moment::Own => {}
            Moment::On(path) => {
                let _ = write!(text, " on {}", path.join("."));
            }
            Moment::Start => text.push_str(" at start"),
            Moment::End => text.push_str(" at end"),
            Moment::AsOf(day) => {
                let _ = write!(text, " as of {day}");
            }
            Moment::During => text.push_str(" during"),
        }
        if self.including_ended {
            text.push_str(" including ended");
        }
        if let Some(filter) = &self.filter {
            let _ = write!(text, " where {}", filter.print(""));
        }
        for further in self.args.iter().skip(1) {
            let _ = write!(text, ", {}", further.print(""));
        }
        if self.name == "percentile" {
            let _ = write!(text, ", {}%", self.part);
        }
        text.push(')');
        text
    }
}

impl Convert {
    fn print(&self) -> String {
        let side = |events: &Aggregate| {
            let text = events.print();
            text.trim_start_matches("count(").strip_suffix(')').unwrap_or_default().to_owned()
        };
        let name = if self.rate { "conversion_rate" } else { "conversions" };
        let within = match self.hours {
            hours if hours % 24 == 0 => format!("{} days", hours / 24),
            hours => format!("{hours} hours"),
        };
        let (base, target) = (side(&self.base), side(&self.target));
        let mut text = format!("{name}({base}, {target}, within = {within}, entity = {}", self.entity);
        text.push_str(if self.entities { ", count = entities" } else { "" });
        text.push_str(if self.first { ", attribution = first)" } else { ")" });
        text
    }
}

impl Per {
    fn print(&self) -> String {
        let mut text = format!("{}({} per {}", self.name, self.of.print(), self.entity);
        text.push_str(match self.moment {
            Some(Moment::Start) => " at start",
            Some(Moment::End) => " at end",
            Some(Moment::During) => " during",
            _ => "",
        });
        if let Some(Moment::AsOf(day)) = self.moment {
            let _ = write!(text, " as of {day}");
        }
        let columns = self.columns.as_ref().map(|c| format!("({})", c.print(&format!("{}.", self.entity))));
        let filter = self.filter.as_ref().map(|f| format!("({})", f.print()));
        let all: Vec<String> = columns.into_iter().chain(filter).collect();
        if !all.is_empty() {
            let _ = write!(text, " where {}", all.join(" and "));
        }
        if self.name == "top_share" {
            let _ = write!(text, ", {}", self.top);
        }
        text.push(')');
        text
    }
}

/// `over last 3 months`.
fn window(window: Window) -> String {
    match window {
        Window::Last(count, unit) => {
            let unit = unit.map_or("period", Grain::word);
            format!("over last {count} {unit}{}", if count == 1 { "" } else { "s" })
        }
        Window::ToDate(unit) => format!("{} to date", unit.word()),
        Window::AllTime => "all time".to_owned(),
    }
}

impl Formula {
    pub fn print(&self) -> String {
        let sub = |f: &Self| match f {
            Self::Lit(_) if f.print().starts_with('-') => format!("({})", f.print()),
            Self::Lit(_) | Self::Aggregate(_) | Self::Kpi(_) | Self::Call(..) | Self::Shift(..) => f.print(),
            Self::Convert(_) => f.print(),
            Self::Rolling(..) | Self::Total(..) | Self::ShareOfTotal(_) | Self::Rank(_) => f.print(),
            Self::Filter(..) | Self::Per(_) => f.print(),
            _ => format!("({})", f.print()),
        };
        match self {
            Self::Lit(value) => literal(value),
            Self::Aggregate(aggregate) => aggregate.print(),
            Self::Convert(convert) => convert.print(),
            Self::Kpi(place) => format!("k{place}"),
            Self::Window(of, over) => format!("{} {}", sub(of), window(*over)),
            Self::Filter(of, condition) => format!("({} where {})", sub(of), condition.print("")),
            Self::Bin(op, a, b) => format!("{} {op} {}", sub(a), sub(b)),
            Self::Neg(a) => format!("-{}", sub(a)),
            Self::Not(a) => format!("not {}", sub(a)),
            Self::And(a, b) => format!("{} and {}", sub(a), sub(b)),
            Self::Or(a, b) => format!("{} or {}", sub(a), sub(b)),
            Self::Cmp(op, a, b) => format!("{} {op} {}", sub(a), sub(b)),
            Self::IsMissing(a, not) => format!("{} is {}missing", sub(a), no(*not)),
            Self::Call(name, args) => {
                let args: Vec<String> = args.iter().map(Self::print).collect();
                format!("{name}({})", args.join(", "))
            }
            Self::Shift(shift, of, count, unit, same_point) => {
                let point = if *same_point { "" } else { ", same_point = false" };
                let unit = unit.map_or("period", Grain::word);
                let offset = match shift {
                    Shift::Previous => String::new(),
                    Shift::Change | Shift::Growth if *count == 1 && unit == "period" => String::new(),
                    _ => format!(", {count} {unit}{}", if *count == 1 { "" } else { "s" }),
                };
                let name = ["previous", "ago", "change", "growth"][*shift as usize];
                format!("{name}({}{offset}{point})", of.print())
            }
            Self::Rolling(of, periods) => format!("rolling_avg({}, {periods} periods)", of.print()),
            Self::Total(of, by) if by.is_empty() => format!("total({})", of.print()),
            Self::Total(of, by) => {
                let by: Vec<String> = by.iter().map(|p| p.join(".")).collect();
                format!("total({} by {})", sub(of), by.join(", "))
            }
            Self::ShareOfTotal(of) => format!("share_of_total({})", of.print()),
            Self::Rank(of) => format!("rank({})", of.print()),
            Self::Per(per) => per.print(),
        }
    }
}
