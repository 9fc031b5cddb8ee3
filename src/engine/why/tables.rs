//! A value from a table -> the row that it comes from, in words, or that none fits.

use super::walk::{Here, Walk, Walked};
use crate::functions::Failure;
use crate::functions::clock::calendar;
use crate::results::set::texts;

impl Walk<'_> {
    /// The rows of a table that a value comes from, in words.
    pub(super) fn table_row(&self, here: Here<'_>, table: usize) -> Walked<Vec<String>> {
        let Some(found) = here.level.tables.get(&table) else { return Ok(Vec::new()) };
        let model = self.run.model;
        let source = model.source(found.spec.source);
        let calendar_of = |grain| model.calendar.grain_name(grain);
        if let Some(grain) = found.spec.grain.filter(|grain| *grain != here.level.grain) {
            let (here, there) = (calendar_of(here.level.grain), calendar_of(grain));
            return Ok(vec![if found.spec.spread {
                format!("from `{}`, which is by {there}, spread to {here} by days", source.name)
            } else {
                format!("`{}` is by {there}: it says nothing by {here}", source.name)
            }]);
        }
        let rows = found.behind(here.level, here.cell)?;
        let named = |column: usize| source.columns[column].name.as_str();
        if rows.is_empty() {
            let of: Vec<&str> = found.spec.matches.iter().map(|(column, _)| named(*column)).collect();
            let of = if of.is_empty() { String::new() } else { format!(" by {}", of.join(", ")) };
            return Ok(vec![format!("no row of `{}` fits{of} in {}", source.name, here.name())]);
        }
        let mut lines = Vec::new();
        for row in rows {
            let mut fields = Vec::new();
            for ((column, _), member) in found.spec.matches.iter().zip(&found.members[row]) {
                fields.push(format!("{} = {}", named(*column), member.as_deref().unwrap_or("(any)")));
            }
            if let (Some(column), Some(day)) = (found.spec.from, found.from[row].and_then(calendar)) {
                fields.push(format!("{} = {day}", named(column)));
            }
            let values =
                texts(&found.values.slice(row, 1), model).map_err(|e| Failure::Internal(e.to_string()))?;
            let value = values.into_iter().flatten().next().unwrap_or_else(|| "missing".to_owned());
            fields.push(format!("{} = {value}", named(found.spec.value)));
            lines.push(format!("the row of `{}` with {}", source.name, fields.join(", ")));
        }
        Ok(lines)
    }
}
