//! Outcome -> the table that people read at a terminal. What stands in it is the view's; here it is cut
//! to the width and toned. Without colour it is plain text, the same on every machine.

use std::io::{self, Write};

use super::TableOptions;
use super::align::{self, Part};
use super::grid::Tone;
use super::view::{Block, view};
use crate::model::outcome::Outcome;

/// Writes the table.
pub fn write(outcome: &Outcome, options: &TableOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = view(outcome);
    for block in &view.blocks {
        for line in lines(block, options) {
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    if !outcome.rules.is_empty() {
        let title = |depth: usize, text: &str| match depth {
            0 => Tone::Strong.paint(text, options.colour),
            _ => format!("  {}", Tone::Strong.paint(text, options.colour)),
        };
        let text = |text: &str, tone: Tone| tone.paint(text, options.colour);
        let before = |part: Part| match part {
            Part::Evidence => "      ",
            Part::Summary => "",
            Part::Verdict | Part::Action => "  ",
        };
        align::write(outcome, &align::Drawn { title: &title, text: &text, before: &before }, out)?;
    } else if view.blocks.is_empty() {
        writeln!(out, "no KPIs\n")?;
    }
    writeln!(out, "{}", Tone::Dim.paint(&view.footer, options.colour))?;
    out.flush()
}

fn lines(block: &Block, options: &TableOptions) -> Vec<String> {
    let colour = options.colour;
    let title =
        format!("{}{}", Tone::Strong.paint(&block.name, colour), Tone::Dim.paint(&block.rest, colour));
    let mut lines = vec![title];
    for section in &block.sections {
        lines.push(String::new());
        if let Some(heading) = &section.heading {
            lines.push(Tone::Strong.paint(heading, colour));
        }
        match &section.grid {
            Some(grid) => lines.extend(grid.lines(options.width, colour)),
            None => lines.push(Tone::Dim.paint("nothing in these periods", colour)),
        }
        lines.extend(section.legend.iter().map(|legend| Tone::Dim.paint(legend, colour)));
    }
    lines
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
