//! Random calls of aggregates: of which source and column, when rows count, which of them.

use super::conditions::Conditions;
use super::formula::{Aggregate, Convert, Formula, Moment, Row};
use super::generate::Generator;
use super::schema::{ACCOUNTS, BALANCES, INVOICES, OWNERS, SOURCES, SURVEYS, Src, TOUCHES, Ty};
use super::value::Value;
use super::world::Carry;

impl Generator<'_> {
    /// A formula whose value is a text or a time.
    pub(super) fn other(&mut self) -> Formula {
        let source = *self.rng.pick(&self.sources.clone());
        if self.rng.percent(40)
            && let Some(gap) = gap_of(source)
        {
            let name = *self.rng.pick(&["min", "max", "avg", "sum", "median"]);
            return self.call(name, source, vec![gap]);
        }
        let fits = |c: &(&'static str, Ty)| matches!(c.1, Ty::Text | Ty::Date | Ty::Stamp);
        let columns: Vec<_> = SOURCES[source].all().filter(fits).collect();
        let (column, _) = *self.rng.pick(&columns);
        let rows = SOURCES[source].time.is_some();
        let name = *self.rng.pick(if rows { &["min", "max", "first", "last"] } else { &["min", "max"] });
        self.call(name, source, vec![Row::Path(vec![column])])
    }

    pub fn aggregate(&mut self) -> Formula {
        const ALL: [&str; 15] = [
            "count",
            "count",
            "count",
            "sum",
            "sum",
            "sum",
            "avg",
            "min",
            "max",
            "median",
            "percentile",
            "stddev",
            "variance",
            "count_distinct",
            "share",
        ];
        self.aggregate_of(&ALL, true)
    }

    pub(super) fn aggregate_of(&mut self, names: &[&'static str], floats: bool) -> Formula {
        let source = *self.rng.pick(&self.sources.clone());
        let mut name = *self.rng.pick(names);
        if floats && source == INVOICES && self.rng.percent(6) {
            name = "weighted_avg";
        } else if floats && SOURCES[source].time.is_some() && self.rng.percent(8) {
            name = *self.rng.pick(&["first", "last"]);
        }
        let args = match name {
            "count" => Vec::new(),
            "share" => vec![Conditions { rng: self.rng, settings: self.settings }.of_rows(source, 1, false)],
            "count_distinct" => {
                let columns: Vec<_> = SOURCES[source].all().collect();
                vec![Row::Path(vec![self.rng.pick(&columns).0])]
            }
            "weighted_avg" => vec![
                Row::Path(vec![if self.rng.percent(50) { "amount" } else { "weight" }]),
                Row::Path(vec!["qty"]),
            ],
            _ => match self.argument(source, floats) {
                Some(argument) => vec![argument],
                None => {
                    name = "count";
                    Vec::new()
                }
            },
        };
        self.call(name, source, args)
    }

    /// A number of a row.
    pub(super) fn argument(&mut self, source: Src, floats: bool) -> Option<Row> {
        let fits = |c: &(&'static str, Ty)| c.1.is_number() && (floats || c.1 != Ty::Float);
        let columns: Vec<_> = SOURCES[source].all().filter(fits).collect();
        if columns.is_empty() {
            return None;
        }
        let column = |g: &mut Self| Row::Path(vec![g.rng.pick(&columns).0]);
        let literal = |g: &mut Self| Row::Lit(Value::int(g.rng.within(1, 5)));
        let sub = column(self);
        Some(match self.rng.below(12) {
            0 => Row::Bin('*', Box::new(sub), Box::new(column(self))),
            1 => Row::Bin('+', Box::new(sub), Box::new(column(self))),
            2 => Row::Bin('-', Box::new(sub), Box::new(literal(self))),
            3 => Row::Call("coalesce", vec![sub, Row::Lit(Value::int(0))]),
            4 => Row::Call("abs", vec![sub]),
            5 => {
                let condition =
                    Conditions { rng: self.rng, settings: self.settings }.of_rows(source, 0, false);
                Row::Call("if", vec![condition, sub, literal(self)])
            }
            7 if source == TOUCHES => Row::Call("hour", vec![Row::Path(vec!["at"])]),
            _ => sub,
        })
    }

    /// Base events of a source at hand, and target events of any; none where it has no events.
    pub(super) fn conversion(&mut self) -> Option<Formula> {
        const EVENTS: [Src; 4] = [INVOICES, TOUCHES, SURVEYS, ACCOUNTS];
        let source = *self.rng.pick(&self.sources.clone());
        if !EVENTS.contains(&source) {
            return None;
        }
        let target = if self.rng.percent(35) { source } else { *self.rng.pick(&EVENTS) };
        let both = source == INVOICES && target == INVOICES;
        let entity = if both && self.rng.percent(30) { "rep" } else { "account" };
        let days = self.rng.percent(70);
        let hours = if days { 24 * *self.rng.pick(&[1, 2, 7, 30, 90]) } else { self.rng.within(1, 100) };
        Some(Formula::Convert(Box::new(Convert {
            rate: self.rng.percent(50),
            base: self.events(source),
            target: self.events(target),
            hours,
            entity,
            entities: self.rng.percent(35),
            first: self.rng.percent(40),
        })))
    }

    /// One side of a conversion.
    fn events(&mut self, source: Src) -> Aggregate {
        let moment = match source {
            ACCOUNTS => Moment::On(vec![*self.rng.pick(&["started_on", "ended_on"])]),
            INVOICES if self.rng.percent(35) => Moment::On(vec!["paid_on"]),
            _ => Moment::Own,
        };
        let mut conditions = Conditions { rng: self.rng, settings: self.settings };
        let filter = conditions.rng.percent(40).then(|| conditions.of_rows(source, 1, false));
        let (name, args, part) = ("count", Vec::new(), 0);
        Aggregate { name, source, args, part, moment, including_ended: false, filter }
    }

    /// The call with when its rows count and which.
    pub(super) fn call(&mut self, name: &'static str, source: Src, args: Vec<Row>) -> Formula {
        let spans = SOURCES[source].span.is_some();
        let none = self.settings.carry == Carry::None;
        let moment = match *self.rng.pick(&self.palette.moments) {
            // What came before a window, or holds on a day of no period, is not said.
            0 | 1 | 4 if source == BALANCES && !none => {
                if self.rng.percent(60) {
                    Moment::Start
                } else {
                    Moment::AsOf(*self.rng.pick(&self.palette.days))
                }
            }
            7 if source == BALANCES => Moment::On(vec!["day"]),
            _ if source == BALANCES => Moment::End,
            0 | 1 if spans => Moment::Start,
            2 | 3 if spans => Moment::End,
            4 if spans => Moment::AsOf(*self.rng.pick(&self.palette.days)),
            5 | 6 if spans => Moment::During,
            _ if source == ACCOUNTS => Moment::On(vec![*self.rng.pick(&["started_on", "ended_on"])]),
            _ if source == OWNERS => Moment::On(vec!["valid_from"]),
            0 if source == INVOICES => Moment::On(vec!["paid_on"]),
            1 if matches!(source, INVOICES | TOUCHES) => Moment::On(vec!["account", "started_on"]),
            _ => Moment::Own,
        };
        let balance = !matches!(moment, Moment::On(_) | Moment::Own);
        let including_ended = balance && spans && self.rng.percent(12);
        let mut conditions = Conditions { rng: self.rng, settings: self.settings };
        let filter = conditions.rng.percent(45).then(|| {
            let depth = conditions.rng.below(3);
            conditions.of_rows(source, depth, true)
        });
        let part = *self.rng.pick(&[0, 10, 25, 50, 90, 100]);
        Formula::Aggregate(Box::new(Aggregate { name, source, args, part, moment, including_ended, filter }))
    }
}

/// The time between rows of an account, of sources of events that have a file.
pub(super) fn gap_of(source: Src) -> Option<Row> {
    let time = SOURCES[source].time.filter(|_| SOURCES[source].distinct.is_none())?;
    Some(Row::Gap(source, time))
}
