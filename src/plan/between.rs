//! The periods that a change is asked between: by name, or the last closed one and the one before.

use super::change::{Asked, refused};
use crate::diagnostic::Diagnostic;
use crate::model::calendar::Grain;
use crate::model::project::{Kpi, Model};

/// The grain and the two periods, by their indices.
pub(super) fn between(model: &Model, kpi: &Kpi, asked: &Asked) -> Result<(Grain, [i64; 2]), Diagnostic> {
    let calendar = &model.calendar;
    let own = kpi.grains.first().copied().unwrap_or(Grain::Month);
    let named = [("--from-period", &asked.from), ("--to-period", &asked.to)];
    let reads = |grain: &Grain| {
        named.iter().filter_map(|(_, name)| name.as_ref()).all(|n| calendar.parse(*grain, n).is_some())
    };
    // A period's name tells its grain: those of the KPI first, then any.
    let found = asked.grain.or_else(|| kpi.grains.iter().copied().chain(calendar.grains()).find(reads));
    let grain = found.unwrap_or(own);
    let read = |(flag, name): (&str, &Option<String>)| match name {
        None => Ok(None),
        Some(name) => calendar.parse(grain, name).map(Some).ok_or_else(|| {
            let word = calendar.grain_name(grain);
            let example = calendar.name(grain, calendar.index(grain, asked.as_of.day));
            refused(format!("`{flag} {name}` names no period of grain {word}"))
                .help(format!("a period such as `{example}`, or another `--grain`"))
        }),
    };
    let (from, to) = (read(named[0])?, read(named[1])?);
    let last = calendar.index(grain, asked.as_of.day);
    let closed = last - i64::from(!asked.as_of.closes(calendar.end(grain, last)));
    let to = to.unwrap_or(closed);
    let from = from.unwrap_or(to - 1);
    let name = |index: i64| calendar.name(grain, index);
    if !calendar.has(grain, from) || !calendar.has(grain, to) {
        return Err(refused(format!("there are no two periods of grain {}", calendar.grain_name(grain)))
            .help("the own calendar ends before: more periods in its file, or another `--grain`"));
    }
    if from >= to {
        return Err(refused(format!("{} is not before {}", name(from), name(to)))
            .help("`--from-period` is the earlier of the two; without `--to-period` the later is the last closed one"));
    }
    if to > last {
        return Err(refused(format!("{} starts after the as-of, {}", name(to), asked.as_of.day))
            .help("an earlier `--to-period`, or a later `--as-of`"));
    }
    Ok((grain, [from, to]))
}
