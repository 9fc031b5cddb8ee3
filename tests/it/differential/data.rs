//! Random data sets: small tables whose rows lie on borders of periods, on leap days, at midnight where
//! clocks change, after the as-of, nowhere; and the project and request around them.

use chrono::{Datelike, NaiveDate};

use super::calendar::{Calendar, Grain, date, plus};
use super::rng::Rng;
use super::schema::{SOURCES, Src, typed_header};
use super::value::Value;
use super::world::{Carry, Rows, Settings};

/// The settings and files of a data set.
#[derive(Clone, Debug)]
pub struct Data {
    pub settings: Settings,
    pub files: Vec<Rows>,
}

impl Data {
    pub fn random(rng: &mut Rng) -> Self {
        let settings = settings(rng);
        let files = Maker { rng, settings: &settings, late: 0 }.files();
        Self { settings, files }
    }

    /// A source's file as text; of Parquet with the typed header of golden cases.
    pub fn text(&self, source: Src) -> String {
        let parquet = self.settings.parquet[source];
        let names: Vec<&str> = SOURCES[source].columns.iter().map(|c| c.0).collect();
        let mut text = if parquet { typed_header(source) } else { names.join(",") };
        text.push('\n');
        for row in &self.files[source] {
            let fields: Vec<String> = row.iter().map(|v| self.field(v, parquet)).collect();
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        text
    }

    /// Moments are written now in UTC, now by the local clock where that is one moment.
    fn field(&self, value: &Value, parquet: bool) -> String {
        if let Value::Stamp(at) = value {
            let local = self.settings.calendar.local(*at);
            if !parquet && at / 1_000_000 % 2 == 0 && self.settings.calendar.instant(local) == *at {
                return local.format("%Y-%m-%dT%H:%M:%S").to_string();
            }
        }
        value.plain()
    }
}

fn settings(rng: &mut Rng) -> Settings {
    let zone = if rng.percent(60) { chrono_tz::Europe::Madrid } else { chrono_tz::UTC };
    let calendar =
        Calendar { zone, week_starts: *rng.pick(&[0, 0, 6, 5]), fiscal_month: *rng.pick(&[1, 1, 4, 2, 10]) };
    let as_of = *rng.pick(&[
        date(2024, 2, 29),
        date(2024, 3, 31),
        date(2025, 12, 31),
        date(2026, 3, 20),
        date(2026, 3, 30),
        date(2025, 11, 2),
        date(2026, 5, 17),
    ]);
    let at = rng.within(0, 86_399);
    let as_of_time =
        rng.percent(20).then(|| calendar.instant(as_of.and_time(chrono::NaiveTime::MIN)) + at * 1_000_000);
    let as_of_time = as_of_time.filter(|at| calendar.local_day(*at) == as_of);
    let grain = *rng.pick(&[
        Grain::Month,
        Grain::Month,
        Grain::Month,
        Grain::Quarter,
        Grain::Week,
        Grain::Day,
        Grain::Year,
    ]);
    let beside: &[Grain] = match grain {
        Grain::Month if rng.percent(30) => &[Grain::Month, Grain::Quarter],
        _ => &[],
    };
    let last = calendar.index(grain, as_of) + i64::from(rng.percent(25)) - i64::from(rng.percent(15));
    let first = last - rng.within(1, 5);
    Settings {
        calendar,
        as_of,
        as_of_time,
        inclusive: rng.percent(30),
        data_from: rng.percent(15).then(|| plus(as_of, -rng.within(20, 300))),
        carry: *rng.pick(&[Carry::None, Carry::UntilNext, Carry::UntilNext, Carry::Days(40)]),
        keep: rng.percent(40),
        fresh_until: rng.percent(15).then(|| plus(as_of, -rng.within(0, 40))),
        parquet: SOURCES.iter().map(|_| rng.percent(25)).collect(),
        grains: if beside.is_empty() { vec![grain] } else { beside.to_vec() },
        from: calendar.start(grain, first),
        to: calendar.end(grain, last),
    }
}

struct Maker<'a> {
    rng: &'a mut Rng,
    settings: &'a Settings,
    /// How many days later than others the table at hand begins.
    late: i64,
}

impl Maker<'_> {
    fn files(mut self) -> Vec<Rows> {
        let (accounts, reps) = (self.rng.below(8), self.rng.below(4));
        SOURCES
            .iter()
            .enumerate()
            .map(|(source, _)| {
                self.late = if self.rng.percent(30) { self.rng.within(30, 250) } else { 0 };
                let rows = match source {
                    super::schema::ACCOUNTS => accounts,
                    super::schema::REPS => reps,
                    _ if SOURCES[source].distinct.is_some() => 0,
                    _ => self.size(),
                };
                if source == super::schema::OWNERS {
                    return self.owners(accounts);
                }
                (0..rows).map(|row| self.row(source, row)).collect()
            })
            .collect()
    }

    fn size(&mut self) -> usize {
        match self.rng.below(12) {
            0 => 0,
            1 => 1,
            2..=4 => self.rng.below(6),
            _ => 5 + self.rng.below(25),
        }
    }

    /// A day of interest within some months before the as-of and a few weeks after.
    fn day(&mut self) -> NaiveDate {
        let as_of = self.settings.as_of;
        let back = match self.settings.grains[0] {
            Grain::Day => 25,
            Grain::Week => 70,
            Grain::Year => 1500,
            Grain::Quarter => 600,
            Grain::Month => 260,
        };
        let back = (back - self.late.min(back * 3 / 4)).max(5);
        let after = if self.rng.percent(15) { 25 } else { 0 };
        let day = plus(as_of, self.rng.within(-back, after));
        let first = date(i64::from(day.year()), i64::from(day.month()), 1);
        match self.rng.below(12) {
            0 => first,
            1 => plus(first, -1),
            2 => as_of,
            3 => plus(as_of, 1),
            4 if back > 200 => date(2024, 2, 29).min(as_of),
            5 => self.settings.calendar.start(Grain::Week, self.settings.calendar.index(Grain::Week, day)),
            _ => day,
        }
    }

    fn maybe(&mut self, missing: usize, value: Value) -> Value {
        if self.rng.percent(missing) { Value::Missing } else { value }
    }

    fn account(&mut self) -> Value {
        let account = format!("a{}", self.rng.within(1, 7));
        self.maybe(10, Value::Text(account))
    }

    fn rep(&mut self) -> Value {
        let rep = format!("r{}", self.rng.within(1, 4));
        self.maybe(12, Value::Text(rep))
    }

    fn stamp(&mut self) -> Value {
        let day = self.day();
        let changes = [date(2024, 3, 31), date(2025, 10, 26), date(2026, 3, 29), date(2025, 3, 30)];
        let day = if self.rng.percent(10) { *self.rng.pick(&changes) } else { day };
        let seconds = match self.rng.below(6) {
            0 => 0,
            1 => 86_399,
            2 => self.rng.within(0, 4 * 3600),
            3 => self.rng.within(22 * 3600, 86_399),
            _ => self.rng.within(0, 86_399),
        };
        let local = day.and_time(chrono::NaiveTime::MIN) + chrono::Duration::seconds(seconds);
        let shift = if self.rng.percent(10) { 3_600_000_000 } else { 0 };
        Value::Stamp(self.settings.calendar.instant(local) + shift)
    }

    fn row(&mut self, source: Src, row: usize) -> Vec<Value> {
        let first = self.day();
        let names = SOURCES[source].columns.iter();
        let mut made: Vec<Value> = Vec::new();
        for (name, _) in names {
            let value = self.value(source, row, name, first, &made);
            made.push(value);
        }
        made
    }

    fn value(&mut self, source: Src, row: usize, name: &str, first: NaiveDate, made: &[Value]) -> Value {
        let rng = &mut *self.rng;
        let text = |rng: &mut Rng, all: &[&str]| Value::text(rng.pick::<&str>(all));
        match name {
            "account_id" if source == super::schema::ACCOUNTS => Value::Text(format!("a{}", row + 1)),
            "rep_id" if source == super::schema::REPS => Value::Text(format!("r{}", row + 1)),
            // A balance is somebody's.
            "account_id" if source == super::schema::BALANCES => {
                Value::Text(format!("a{}", rng.within(1, 7)))
            }
            "account_id" => self.account(),
            "owner_id" | "rep_id" => self.rep(),
            "name" => Value::Text(format!("Account {}", row + 1)),
            "survey_id" if self.settings.keep => Value::Text(format!("s{}", rng.within(0, 9))),
            "invoice_id" | "survey_id" => Value::Text(format!("{}{row:02}", &name[..1])),
            "segment" => {
                let value = text(rng, &["big", "mid", "small", "Big"]);
                self.maybe(20, value)
            }
            "region" => {
                let value = text(rng, &["north", "south", "ñ"]);
                self.maybe(20, value)
            }
            "is_large" => {
                let value = Value::Bool(rng.percent(50));
                self.maybe(15, value)
            }
            "kind" => {
                let value = text(rng, &["new", "upsell", "other"]);
                self.maybe(20, value)
            }
            "channel" => {
                let value = text(rng, &["mail", "phone", "é"]);
                self.maybe(15, value)
            }
            "amount" | "quota" | "due" => {
                let cents = match rng.below(5) {
                    0 => i128::from(rng.within(-5, 5)) * 1000,
                    1 => -i128::from(rng.within(0, 40_000)),
                    _ => i128::from(rng.within(0, 90_000)),
                };
                self.maybe(12, Value::Exact(cents, 2))
            }
            "weight" => {
                let value = match rng.below(12) {
                    0 => 0.0,
                    1 => 1e15,
                    2 => -1e15,
                    _ => rng.within(-2000, 9000) as f64 / 100.0,
                };
                self.maybe(15, Value::Float(value, 0.0))
            }
            "nps" => {
                let value = Value::int(rng.within(-1, 12));
                self.maybe(15, value)
            }
            "qty" | "minutes" | "seats" | "users" => {
                let value = Value::int(rng.within(0, 9));
                self.maybe(12, value)
            }
            "at" => {
                let at = self.stamp();
                self.maybe(4, at)
            }
            "paid_on" => {
                let later = plus(first, rng.within(0, 70));
                self.maybe(25, Value::Date(later))
            }
            "ended_on" => {
                let from = made.last().cloned().unwrap_or(Value::Missing);
                // An empty span has no inclusive last day.
                let least = i64::from(!self.settings.inclusive && !rng.percent(10));
                let until = match from {
                    Value::Date(from) => plus(from, rng.within(least.min(1), 200)).max(first),
                    _ => first,
                };
                self.maybe(45, Value::Date(until))
            }
            "issued_on" | "started_on" => self.maybe(5, Value::Date(first)),
            _ => self.maybe(6, Value::Date(first)),
        }
    }

    /// Who held each account when: spans that follow each other, some with a gap.
    fn owners(&mut self, accounts: usize) -> Rows {
        let mut rows = Vec::new();
        for account in 0..accounts {
            let mut from = plus(self.settings.as_of, -self.rng.within(10, 500));
            for turn in 0..self.rng.below(4) {
                let to = plus(from, self.rng.within(1, 180));
                let last = turn == 2 || self.rng.percent(40);
                rows.push(vec![
                    Value::Text(format!("a{}", account + 1)),
                    self.rep(),
                    Value::Exact(i128::from(self.rng.within(1, 4)) * 25, 2),
                    Value::Date(from),
                    if last { Value::Missing } else { Value::Date(to) },
                ]);
                if last {
                    break;
                }
                from = plus(to, if self.rng.percent(25) { self.rng.within(1, 30) } else { 0 });
            }
        }
        rows
    }
}
