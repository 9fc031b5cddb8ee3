//! `given: results:`: KPI results as CSV -> rows that stand in place of the KPIs' formulas. Columns are `kpi`,
//! `period`, what is stated, and one for each dimension; an empty cell of a dimension means that the row is not
//! broken down by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::given::ours;
use super::wanted::stated;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{DataPlace, Diagnostic, codes};
use crate::model::calendar::Calendar;
use crate::model::judge::Status;
use crate::model::outcome::Reason;
use crate::model::stated::{StatedResults, StatedRow};
use crate::resolve;
use crate::rulefile::raw::RawProject;

const FIELDS: [&str; 7] = ["kpi", "period", "value", "target", "status", "reason", "n"];

/// The results, of a text whose cells are trimmed; `file` is what problems call it.
pub fn read(raw: &RawProject, file: &str, text: &[u8]) -> Result<Vec<Arc<StatedResults>>, Vec<Diagnostic>> {
    parsed(raw, text).map_err(|problems| {
        let named = |mut problem: Diagnostic| {
            if let Some(place) = &mut problem.data {
                file.clone_into(&mut place.file);
            }
            problem
        };
        problems.into_iter().map(named).collect()
    })
}

fn parsed(raw: &RawProject, text: &[u8]) -> Result<Vec<Arc<StatedResults>>, Vec<Diagnostic>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(str::to_owned).collect(),
        Err(e) => return Err(vec![bad("results that cannot be read", None, None).note(e.to_string())]),
    };
    let problems = of_header(raw, &header);
    if !problems.is_empty() {
        return Err(problems);
    }
    let calendar = resolve::calendar(&raw.calendar);
    let (mut all, mut problems) = (BTreeMap::<String, StatedResults>::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                let line = e.position().map(csv::Position::line);
                problems.push(bad("a row that cannot be read", line, None).note(e.to_string()));
                continue;
            }
        };
        let row = Row { header: &header, line: record.position().map(csv::Position::line), record: &record };
        if let Err(problem) = row.put(raw, &calendar, &mut all) {
            problems.push(*problem);
        }
    }
    if problems.is_empty() { Ok(all.into_values().map(Arc::new).collect()) } else { Err(problems) }
}

fn of_header(raw: &RawProject, header: &[String]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for needed in ["kpi", "period"] {
        if !header.iter().any(|name| name == needed) {
            problems.push(
                bad(&format!("results without a column `{needed}`"), Some(1), None)
                    .help("columns are `kpi`, `period`, a dimension each, and `value`, `target`, `status`, `reason`, `n`"),
            );
        }
    }
    let entities =
        raw.sources.values().filter(|s| !ours(s)).filter_map(|s| s.entity.as_ref()).map(|e| e.node.as_str());
    let sources = raw.sources.keys().map(String::as_str);
    let dimensions = raw.dimensions.keys().map(String::as_str);
    let known: Vec<&str> = entities.chain(dimensions).collect();
    for (at, name) in header.iter().enumerate() {
        if header[..at].contains(name) {
            problems.push(bad(&format!("two columns named `{name}`"), Some(1), Some(name)));
        }
        let first = name.split('.').next().unwrap_or_default();
        let is_path = name.contains('.') && sources.clone().any(|s| s == first);
        if !FIELDS.contains(&name.as_str()) && !known.contains(&first) && !is_path {
            let mut problem = bad(&format!("results have no column `{name}`"), Some(1), Some(name));
            problem.help = did_you_mean(name, FIELDS.into_iter().chain(known.iter().copied()));
            problems.push(problem.note("it is neither what can be stated nor a dimension"));
        }
    }
    problems
}

struct Row<'a> {
    header: &'a [String],
    line: Option<u64>,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn get(&self, column: &str) -> Option<&str> {
        let at = self.header.iter().position(|name| name == column)?;
        self.record.get(at).filter(|text| !text.is_empty())
    }

    fn wrong(&self, headline: &str, value: &str) -> Diagnostic {
        bad(headline, self.line, Some(value))
    }

    fn put(
        &self,
        raw: &RawProject,
        calendar: &Calendar,
        all: &mut BTreeMap<String, StatedResults>,
    ) -> Result<(), Box<Diagnostic>> {
        if self.record.len() != self.header.len() {
            let (found, wanted) = (self.record.len(), self.header.len());
            let headline = format!("a row with {found} cells, where the header has {wanted}");
            return Err(Box::new(bad(&headline, self.line, None)));
        }
        let kpi = self.get("kpi").unwrap_or_default();
        if !raw.kpis.contains_key(kpi) {
            let mut problem = self.wrong(&format!("no KPI is named `{kpi}`"), kpi);
            problem.help = did_you_mean(kpi, raw.kpis.keys().map(String::as_str));
            return Err(Box::new(problem));
        }
        let name = self.get("period").unwrap_or_default();
        let found =
            calendar.grains().into_iter().find_map(|grain| Some((grain, calendar.parse(grain, name)?)));
        let Some(period) = found else {
            let problem = self.wrong(&format!("`{name}` is no period"), name);
            return Err(Box::new(problem.help("`2026-01`, `2026-Q1`, `2026-W05`, `2026-01-31`, `2026`")));
        };
        let dimensions = self.header.iter().filter(|name| !FIELDS.contains(&name.as_str()));
        let mut at: Vec<(String, Option<String>)> = dimensions
            .filter_map(|name| {
                let member = self.get(name)?;
                Some((name.clone(), (member != "(none)").then(|| member.to_owned())))
            })
            .collect();
        at.sort();
        let row = StatedRow {
            at,
            value: self.number("value")?,
            reason: self.word("reason", &Reason::ALL.map(Reason::word))?.map(|at| Reason::ALL[at]),
            target: self.number("target")?,
            status: self.word("status", &Status::ALL.map(Status::word))?.map(|at| Status::ALL[at]),
            n: self.count()?,
        };
        if row.value.is_none() && row.status.is_none() && row.reason.is_none() {
            return Err(Box::new(
                bad("a row that states nothing", self.line, None)
                    .help("a `value`, a `status`, or the `reason` why there is no value: `no_rows`"),
            ));
        }
        let has = |column: &str| self.header.iter().any(|name| name == column);
        let results = all.entry(kpi.to_owned()).or_insert_with(|| StatedResults {
            kpi: kpi.to_owned(),
            targets: has("target"),
            statuses: has("status"),
            ..StatedResults::default()
        });
        let valued = results.rows.values().flatten().any(|row| row.value.is_some());
        let rows = results.rows.entry(period).or_default();
        if rows.iter().any(|other| other.at == row.at) {
            return Err(Box::new(bad(&format!("two results of `{kpi}` for {name}"), self.line, None)));
        }
        // A limit of rows would be passed or not by rows that nobody stated.
        if row.value.is_some() && valued && results.counts != row.n.is_some() {
            return Err(Box::new(
                bad(&format!("`n` of only some results of `{kpi}`"), self.line, None)
                    .help("`n` for each of them, or for none"),
            ));
        }
        results.counts |= row.n.is_some();
        rows.push(row);
        Ok(())
    }

    fn number(&self, column: &str) -> Result<Option<f64>, Box<Diagnostic>> {
        let Some(text) = self.get(column) else { return Ok(None) };
        match stated(text).filter(|n| n.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(Box::new(
                self.wrong(&format!("`{text}` is no number"), text)
                    .help("`0.5`, `50%`, `1_000`; of a duration its days, or `36 hours`"),
            )),
        }
    }

    fn count(&self) -> Result<Option<i64>, Box<Diagnostic>> {
        let Some(text) = self.get("n") else { return Ok(None) };
        match text.parse::<i64>().ok().filter(|n| *n >= 0) {
            Some(n) => Ok(Some(n)),
            None => Err(Box::new(self.wrong(&format!("`{text}` is no number of rows"), text))),
        }
    }

    fn word(&self, column: &str, words: &[&'static str]) -> Result<Option<usize>, Box<Diagnostic>> {
        let Some(text) = self.get(column) else { return Ok(None) };
        match words.iter().position(|word| *word == text) {
            Some(at) => Ok(Some(at)),
            None => {
                let mut problem = self.wrong(&format!("`{text}` is no {column}"), text);
                problem.help = did_you_mean(text, words.iter().copied());
                Err(Box::new(problem))
            }
        }
    }
}

/// A problem of the rows, which gets its place later.
fn bad(headline: &str, line: Option<u64>, value: Option<&str>) -> Diagnostic {
    Diagnostic::new(&codes::BAD_TEST, headline.to_owned()).in_data(DataPlace {
        file: String::new(),
        column: None,
        value: value.map(str::to_owned),
        line,
    })
}
