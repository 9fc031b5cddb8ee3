//! Rows in no period of an own calendar: they count in no value of its grains, and are counted here, so that
//! they are not lost in silence.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::common::Result;

use super::runner::Runner;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::Model;
use crate::plan::PlanGraph;
use crate::plan::outside::{AFTER, BEFORE, IN_A_GAP, Placed, placed};
use crate::plan::scan::Scans;

/// A warning for each source, time column and own grain with such rows, up to the as-of, whatever periods
/// were asked for.
pub async fn outside(
    model: &Model,
    graph: &PlanGraph,
    scans: &Scans<'_>,
    runner: &dyn Runner,
) -> Result<Vec<Diagnostic>> {
    let mut found = Vec::new();
    for placed in placed(graph) {
        let mut rows = [0i64; 3];
        for batch in runner.run(scans.outside(&placed)?).await? {
            let (places, counts) =
                (batch.column(0).as_primitive::<Int32Type>(), batch.column(1).as_primitive::<Int64Type>());
            for (at, count) in counts.values().iter().enumerate().filter(|(at, _)| places.is_valid(*at)) {
                if let Some(rows) = usize::try_from(places.value(at)).ok().and_then(|p| rows.get_mut(p)) {
                    *rows += count;
                }
            }
        }
        if rows.iter().any(|count| *count > 0) {
            found.push(warning(model, &placed, rows));
        }
    }
    Ok(found)
}

fn warning(model: &Model, placed: &Placed, rows: [i64; 3]) -> Diagnostic {
    let (calendar, source) = (&model.calendar, model.source(placed.source));
    let grain = calendar.grain_name(placed.grain);
    let all: i64 = rows.iter().sum();
    let what = if all == 1 { "1 row".to_owned() } else { format!("{all} rows") };
    let verb = if all == 1 { "lies" } else { "lie" };
    let headline = format!("{what} of `{}` {verb} in no period of grain `{grain}`", source.name);
    let (from, to) = calendar.extent(placed.grain).unwrap_or_default();
    let places = [
        (BEFORE, format!("before the first period, which starts {from}")),
        (IN_A_GAP, "between two periods".to_owned()),
        (AFTER, format!("after the last period, which ends before {to}")),
    ];
    let time = model.path_text(placed.source, &placed.column);
    let diagnostic =
        Diagnostic::new(&codes::OUTSIDE_CALENDAR, headline).at(source.defined, format!("by `{time}`"));
    places
        .into_iter()
        .filter_map(|(place, text)| {
            let count = *rows.get(usize::try_from(place).ok()?)?;
            (count > 0).then(|| format!("{count} {text}"))
        })
        .fold(diagnostic, Diagnostic::note)
        .help("periods for them in the file of `calendar: {periods: ...}`, if they are to count")
}
