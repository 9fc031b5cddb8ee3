//! Random conditions: over the rows of a source, or over dimensions that several sources reach.

use super::calendar::plus;
use super::formula::{Path, Row};
use super::generate::DIMENSIONS;
use super::rng::Rng;
use super::schema::{ACCOUNTS, INVOICES, OWNERS, SOURCES, Src, TOUCHES, Ty};
use super::value::Value;
use super::world::{Settings, type_of, way};

/// Makes conditions.
pub struct Conditions<'a> {
    pub rng: &'a mut Rng,
    pub settings: &'a Settings,
}

/// What stands in the data for a text column.
fn texts(name: &str) -> &'static [&'static str] {
    match name {
        "segment" | "tier" => &["big", "mid", "small", "Big"],
        "region" => &["north", "south", "ñ"],
        "kind" | "last_kind" => &["new", "upsell", "other"],
        "channel" => &["mail", "phone", "é"],
        "rep" | "rep_id" | "owner_id" | "current_rep" | "first_rep" => &["r1", "r2", "r3", "r4"],
        _ => &["a1", "a2", "a3", "a9"],
    }
}

impl Conditions<'_> {
    /// Over a source's rows. What lies in the period stands among the conjuncts.
    pub fn of_rows(&mut self, source: Src, depth: usize, in_period: bool) -> Row {
        let sub = |c: &mut Self, in_period| Box::new(c.of_rows(source, depth - 1, in_period));
        match self.rng.below(if depth > 0 { 6 } else { 1 }) {
            1 | 2 => Row::And(sub(self, in_period), sub(self, in_period)),
            3 => Row::Or(sub(self, in_period), sub(self, in_period)),
            4 => Row::Not(sub(self, in_period)),
            _ => self.test(source, in_period),
        }
    }

    fn test(&mut self, source: Src, in_period: bool) -> Row {
        if in_period && self.rng.percent(25) {
            let columns: &[&'static str] = match source {
                ACCOUNTS => &["started", "ended", "started", "ended", "started_on", "ended_on"],
                OWNERS => &["started", "ended", "valid_to"],
                INVOICES => &["paid_on", "issued_on"],
                TOUCHES => &["at"],
                _ => &[],
            };
            if !columns.is_empty() {
                return Row::InPeriod(vec![*self.rng.pick(columns)], self.rng.percent(20));
            }
        }
        if in_period && self.rng.percent(6) {
            let days = SOURCES[source].columns.iter().filter(|c| matches!(c.1, Ty::Date | Ty::Stamp));
            let days: Vec<&str> = days.map(|c| c.0).collect();
            if !days.is_empty() {
                let op = *self.rng.pick(&["<", "<=", ">", ">=", "=", "!="]);
                let border = Row::Period(self.rng.pick::<&str>(&["start", "end", "last_day"]));
                return Row::Cmp(op, Box::new(Row::Path(vec![*self.rng.pick(&days)])), Box::new(border));
            }
        }
        if in_period
            && self.rng.percent(5)
            && let Some(gap) = super::leaves::gap_of(source)
        {
            let op = *self.rng.pick(&["<", "<=", ">", ">="]);
            let length = Value::Duration(self.rng.within(0, 20) * 24 * 3_600_000_000);
            return Row::Cmp(op, Box::new(gap), Box::new(Row::Lit(length)));
        }
        if source == INVOICES && self.rng.percent(8) {
            let days = vec![Row::Path(vec!["issued_on"]), Row::Path(vec!["paid_on"])];
            let most = Row::Lit(Value::int(self.rng.within(0, 60)));
            return Row::Cmp("<=", Box::new(Row::Call("days_between", days)), Box::new(most));
        }
        let mut paths: Vec<Path> = SOURCES[source].all().map(|c| vec![c.0]).collect();
        for relation in SOURCES[source].relations {
            paths.push(vec![relation.name]);
            paths.extend(SOURCES[relation.target].all().map(|c| vec![relation.name, c.0]));
            for further in SOURCES[relation.target].relations {
                let columns = SOURCES[further.target].all();
                paths.extend(columns.map(|c| vec![relation.name, further.name, c.0]));
            }
        }
        let path = self.rng.pick(&paths).clone();
        let ty = type_of(source, &path).unwrap_or(Ty::Text);
        self.of(path, ty)
    }

    /// Over dimensions that all of some sources reach; none where there are none.
    pub fn dimensions(&mut self, sources: &[Src]) -> Option<Row> {
        // A source's own column is a dimension only of that source; a filter names the others.
        let reached = |d: &&&[&'static str]| {
            SOURCES.iter().all(|s| s.name != d[0]) && sources.iter().all(|s| way(*s, d).is_some())
        };
        let all: Vec<Path> = DIMENSIONS.iter().filter(reached).map(|d| d.to_vec()).collect();
        if all.is_empty() || sources.is_empty() {
            return None;
        }
        let path = self.rng.pick(&all).clone();
        let ty = match path.last() {
            Some(&("is_large" | "is_buyer")) => Ty::Bool,
            Some(&"bought") => Ty::Integer,
            _ => Ty::Text,
        };
        Some(self.of(path, ty))
    }

    fn of(&mut self, path: Path, ty: Ty) -> Row {
        let name = path.last().copied().unwrap_or_default();
        let subject = Box::new(Row::Path(path));
        let not = self.rng.percent(30);
        if self.rng.percent(10) {
            return Row::IsMissing(subject, not);
        }
        match ty {
            Ty::Bool if not => Row::Not(subject),
            Ty::Bool => Row::Cmp("=", subject, Box::new(Row::Lit(Value::Bool(true)))),
            Ty::Text => {
                let text = |c: &mut Self| Value::text(c.rng.pick::<&str>(texts(name)));
                match self.rng.below(6) {
                    0 => Row::In(subject, vec![text(self), text(self)], not),
                    1 => {
                        let op = *self.rng.pick(&["contains", "starts with", "ends with"]);
                        Row::Text(op, subject, self.rng.pick::<&str>(&["a", "i", "B", "1"]), not)
                    }
                    2 => Row::Cmp("!=", subject, Box::new(Row::Lit(text(self)))),
                    3 => Row::Cmp("<", subject, Box::new(Row::Lit(text(self)))),
                    _ => Row::Cmp("=", subject, Box::new(Row::Lit(text(self)))),
                }
            }
            Ty::Date | Ty::Stamp => {
                let day = |c: &mut Self| Value::Date(plus(c.settings.as_of, -c.rng.within(-5, 200)));
                match self.rng.below(5) {
                    0 => {
                        let month = Row::Call("month", vec![*subject]);
                        Row::In(Box::new(month), vec![Value::int(self.rng.within(1, 12)), Value::int(3)], not)
                    }
                    1 => {
                        let weekday = Row::Call("weekday", vec![*subject]);
                        Row::Cmp(
                            "<=",
                            Box::new(weekday),
                            Box::new(Row::Lit(Value::int(self.rng.within(1, 6)))),
                        )
                    }
                    2 => {
                        let (a, b) = (day(self), day(self));
                        Row::Between(subject, a, b, not)
                    }
                    _ => Row::Cmp(
                        self.rng.pick::<&str>(&["<", ">=", "="]),
                        subject,
                        Box::new(Row::Lit(day(self))),
                    ),
                }
            }
            Ty::Integer | Ty::Decimal | Ty::Float => {
                let number = |c: &mut Self| match c.rng.below(3) {
                    0 => Value::int(0),
                    1 => Value::int(c.rng.within(1, 400)),
                    _ => Value::int(c.rng.within(1, 9)),
                };
                match self.rng.below(4) {
                    0 => {
                        let (a, b) = (number(self), number(self));
                        Row::Between(subject, a, b, not)
                    }
                    1 => Row::In(subject, vec![number(self), number(self)], not),
                    _ => {
                        let op = *self.rng.pick(&["<", "<=", ">", ">=", "=", "!="]);
                        Row::Cmp(op, subject, Box::new(Row::Lit(number(self))))
                    }
                }
            }
        }
    }
}
