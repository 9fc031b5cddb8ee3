//! A data set as the language sees it: the rows up to the as-of, ends after it unknown, invalid values
//! missing; what a path finds from a row; from when a source covers.

use std::cmp::Ordering;
use std::fmt::Write as _;

use chrono::NaiveDate;

use super::calendar::{Calendar, Grain, plus};
use super::schema::{ACCOUNTS, How, INVOICES, OWNERS, SOURCES, SURVEYS, Src, TOUCHES, Ty, route};
use super::value::{Value, order};

/// What a project says beside its sources and KPIs, and what is asked of it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub calendar: Calendar,
    /// The local day of the as-of.
    pub as_of: NaiveDate,
    /// Its instant, where it is a time of that day.
    pub as_of_time: Option<i64>,
    /// Whether `ended_on` is an account's last active day.
    pub inclusive: bool,
    /// Of invoices.
    pub data_from: Option<NaiveDate>,
    /// Of touches.
    pub fresh_until: Option<NaiveDate>,
    /// How long a balance holds.
    pub carry: Carry,
    /// Whether of surveys with one id only the last counts.
    pub keep: bool,
    /// Which sources are Parquet files.
    pub parquet: Vec<bool>,
    pub grains: Vec<Grain>,
    pub from: NaiveDate,
    /// Excluded.
    pub to: NaiveDate,
}

/// How long a balance holds without a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    None,
    UntilNext,
    Days(i64),
}

impl Carry {
    pub fn word(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::UntilNext => "until_next".to_owned(),
            Self::Days(days) => format!("{days} days"),
        }
    }
}

impl Settings {
    /// The top of the rule file.
    pub fn head(&self) -> String {
        const DAYS: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let mut text = format!("as_of: {}\n", self.as_of_text());
        let _ = writeln!(
            text,
            "calendar: {{timezone: {}, week_starts: {}, fiscal_year_starts: {}}}",
            self.calendar.zone,
            DAYS[self.calendar.week_starts as usize],
            MONTHS[self.calendar.fiscal_month as usize - 1]
        );
        text
    }

    pub fn as_of_text(&self) -> String {
        match self.as_of_time {
            None => self.as_of.to_string(),
            Some(at) => Value::Stamp(at).plain(),
        }
    }

    /// Lines that only some data sets have.
    pub fn extras(&self, source: Src) -> String {
        match (source, self.data_from, self.fresh_until) {
            (INVOICES, Some(day), _) => format!("    data_from: {day}\n"),
            (TOUCHES, _, Some(day)) => format!("    fresh_until: {day}\n"),
            (SURVEYS, ..) if self.keep => "    keep: {per: survey_id, last: answered_on}\n".to_owned(),
            _ => String::new(),
        }
    }

    /// Whether a value lies after the as-of.
    fn is_later(&self, value: &Value) -> bool {
        match (value, self.as_of_time) {
            (Value::Date(day), _) => *day > self.as_of,
            (Value::Stamp(at), Some(as_of)) => *at > as_of,
            (Value::Stamp(at), None) => self.calendar.local_day(*at) > self.as_of,
            _ => false,
        }
    }

    /// Whether what ends before a day (excluded) was over at the as-of.
    pub fn is_over(&self, end: NaiveDate) -> bool {
        if self.as_of_time.is_none() { end <= plus(self.as_of, 1) } else { end <= self.as_of }
    }
}

/// Rows of one source.
pub type Rows = Vec<Vec<Value>>;

/// The rows that exist, and what the project says.
#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    pub rows: Vec<Rows>,
}

impl World {
    /// As the language reads files.
    pub fn new(settings: &Settings, files: &[Rows]) -> Self {
        let rows = SOURCES
            .iter()
            .zip(files)
            .map(|(source, file)| {
                let first =
                    source.own_time().and_then(|c| source.column(c)).filter(|_| source.distinct.is_none());
                let last = source.span.and_then(|s| source.column(s.1));
                let nps = source.column("nps");
                let exists = |row: &&Vec<Value>| first.is_none_or(|c| !settings.is_later(&row[c]));
                let known = |row: &Vec<Value>| {
                    let mut row = row.clone();
                    if let Some(last) = last.filter(|c| settings.is_later(&row[*c])) {
                        row[last] = Value::Missing;
                    }
                    if let Some(nps) = nps
                        && matches!(row[nps], Value::Exact(digits, _) if !(0..=10).contains(&digits))
                    {
                        row[nps] = Value::Missing;
                    }
                    row
                };
                let there: Rows = file.iter().filter(exists).cloned().collect();
                let there = if settings.keep && nps.is_some() { kept(&there) } else { there };
                there.iter().map(known).collect()
            })
            .collect();
        let mut world = Self { settings: settings.clone(), rows };
        for (source, made) in SOURCES.iter().enumerate() {
            if let Some((of, column)) = made.distinct {
                world.rows[source] = world.values(of, column);
            }
        }
        let facts = super::facts::facts(&world);
        for (rows, made) in world.rows.iter_mut().zip(facts) {
            for (row, made) in rows.iter_mut().zip(made) {
                row.extend(made);
            }
        }
        world
    }

    /// The values of a column, each once, as rows.
    fn values(&self, source: Src, column: &str) -> Rows {
        let all = (0..self.rows[source].len()).map(|row| self.path(source, row, &[column], None));
        let mut all: Rows = all.filter(|value| !value.is_missing()).map(|value| vec![value]).collect();
        all.sort_by_key(|row| row[0].plain());
        all.dedup();
        all
    }

    /// The row that a relation of a row finds, for a row that counts at a moment.
    pub fn related(
        &self,
        source: Src,
        row: usize,
        relation: &str,
        moment: Option<NaiveDate>,
    ) -> Option<(Src, usize)> {
        let relation = SOURCES[source].relation(relation)?;
        let target = relation.target;
        let cell = |name: &str| SOURCES[source].column(name).map(|c| &self.rows[source][row][c]);
        let held = match relation.how {
            How::Key(key) => cell(key)?.clone(),
            How::Owner(at) => {
                let day = at.map_or(moment, |at| cell(at).and_then(|at| self.day(at)))?;
                self.owner(cell("account_id")?, day)?
            }
        };
        let theirs = SOURCES[target].entity.and_then(|(_, key)| SOURCES[target].column(key))?;
        if held.is_missing() {
            return None;
        }
        self.rows[target].iter().position(|r| r[theirs] == held).map(|found| (target, found))
    }

    /// Who owns an account on a day: the one row of owners that is active then.
    fn owner(&self, account: &Value, day: NaiveDate) -> Option<Value> {
        let column = |name: &str| SOURCES[OWNERS].column(name);
        let (of, rep, from, to) =
            (column("account_id")?, column("rep_id")?, column("valid_from")?, column("valid_to")?);
        let active = |row: &&Vec<Value>| {
            row[of] == *account
                && self.day(&row[from]).is_some_and(|from| from <= day)
                && self.day(&row[to]).is_none_or(|to| day < to)
        };
        self.rows[OWNERS].iter().find(active).map(|row| row[rep].clone())
    }

    /// What a path finds from a row that counts at a moment: a column, or the key behind a relation.
    pub fn path(&self, source: Src, row: usize, path: &[&str], moment: Option<NaiveDate>) -> Value {
        let Some((first, rest)) = path.split_first() else { return self.key(source, row) };
        if SOURCES[source].relation(first).is_some() {
            return match self.related(source, row, first, moment) {
                Some((target, found)) => self.path(target, found, rest, moment),
                None => Value::Missing,
            };
        }
        SOURCES[source].column(first).map_or(Value::Missing, |c| self.rows[source][row][c].clone())
    }

    fn key(&self, source: Src, row: usize) -> Value {
        let key = SOURCES[source].entity.and_then(|(_, key)| SOURCES[source].column(key));
        key.map_or(Value::Missing, |c| self.rows[source][row][c].clone())
    }

    /// The member of a dimension that a row belongs to.
    pub fn member(&self, source: Src, row: usize, dimension: &[&str], moment: Option<NaiveDate>) -> Value {
        match way(source, dimension) {
            Some(way) => self.path(source, row, &way, moment),
            None => Value::Missing,
        }
    }

    /// The local day of a time.
    pub fn day(&self, value: &Value) -> Option<NaiveDate> {
        match value {
            Value::Date(day) => Some(*day),
            Value::Stamp(at) => Some(self.settings.calendar.local_day(*at)),
            _ => None,
        }
    }

    pub fn is_later(&self, value: &Value) -> bool {
        self.settings.is_later(value)
    }

    /// The day of a source's first row by some of its times; none where it has no rows.
    pub fn first_day(&self, source: Src, on: Option<&[&str]>) -> Option<NaiveDate> {
        if source == INVOICES && self.settings.data_from.is_some() {
            return self.settings.data_from;
        }
        let own = SOURCES[source].own_time();
        let times = own.map(|c| vec![c]).into_iter().chain(on.map(<[&str]>::to_vec));
        times
            .flat_map(|path| {
                (0..self.rows[source].len()).filter_map(move |row| {
                    let at = self.path(source, row, &path, None);
                    if self.is_later(&at) { None } else { self.day(&at) }
                })
            })
            .min()
    }

    /// The day after an account's last active one; `to` of other spans.
    pub fn until(&self, source: Src, row: usize) -> Option<NaiveDate> {
        let (_, to) = SOURCES[source].span?;
        let to = self.day(&self.path(source, row, &[to], None))?;
        Some(if source == ACCOUNTS && self.settings.inclusive { plus(to, 1) } else { to })
    }
}

/// Of surveys with one id the last: by its time, then by the other columns, missing first.
fn kept(rows: &Rows) -> Rows {
    let beaten =
        |row: &Vec<Value>| rows.iter().any(|r| r[0] == row[0] && total_order(&r[1..], &row[1..]).is_gt());
    let mut kept: Rows = rows.iter().filter(|row| !beaten(row)).cloned().collect();
    // Of rows that are equal in everything any one.
    kept.sort_by_key(|row| row[0].plain());
    kept.dedup_by(|a, b| a[0] == b[0]);
    kept
}

/// The order of rows: value by value, missing first.
pub fn total_order<'v>(
    a: impl IntoIterator<Item = &'v Value>,
    b: impl IntoIterator<Item = &'v Value>,
) -> Ordering {
    let mut pairs = a.into_iter().zip(b).map(|(a, b)| match (a.is_missing(), b.is_missing()) {
        (false, false) => order(a, b).unwrap_or(Ordering::Equal),
        (a, b) => b.cmp(&a),
    });
    pairs.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

/// The path from a source's rows to a dimension: an entity, what stands behind one, or an own column.
pub fn way(source: Src, dimension: &[&str]) -> Option<Vec<&'static str>> {
    // The project's named dimension.
    let dimension = if *dimension == ["tier"] { &["account", "segment"] } else { dimension };
    let (first, rest) = dimension.split_first()?;
    let own = |target: Src, name: &str| SOURCES[target].all().find(|(n, _)| *n == name).map(|c| c.0);
    if *first == SOURCES[source].name {
        return Some(vec![own(source, rest.first()?)?]);
    }
    let mut path = route(source, first)?;
    let mut at = path.iter().try_fold(source, |at, r| SOURCES[at].relation(r).map(|r| r.target))?;
    for name in rest {
        if let Some(relation) = SOURCES[at].relation(name) {
            path.push(relation.name);
            at = relation.target;
        } else {
            path.push(own(at, name)?);
        }
    }
    Some(path)
}

/// The type of what a path finds.
pub fn type_of(source: Src, path: &[&str]) -> Option<Ty> {
    let mut at = source;
    for name in path {
        match SOURCES[at].relation(name) {
            Some(relation) => at = relation.target,
            None => return SOURCES[at].all().find(|(n, _)| n == name).map(|c| c.1),
        }
    }
    Some(Ty::Text)
}
