//! Outcome -> Markdown tables as GitHub shows them: the same view as the terminal's, uncut, with every
//! character that Markdown would take for its own escaped.

use std::io::{self, Write};

use super::align::{self, Part};
use super::grid::{Grid, Tone};
use super::view::view;
use crate::model::outcome::Outcome;

/// Writes a heading and tables for each KPI and grain.
pub fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let view = view(outcome);
    for block in &view.blocks {
        writeln!(out, "### {}{}\n", escaped(&block.name), escaped(&block.rest))?;
        for section in &block.sections {
            if let Some(heading) = &section.heading {
                writeln!(out, "**{}**\n", escaped(heading))?;
            }
            match &section.grid {
                Some(grid) => table(grid, out)?,
                None => writeln!(out, "nothing in these periods")?,
            }
            if let Some(legend) = &section.legend {
                writeln!(out, "\n{}", escaped(legend))?;
            }
            writeln!(out)?;
        }
    }
    if !outcome.rules.is_empty() {
        let title = |depth: usize, text: &str| format!("{} {}", "#".repeat(3 + depth), escaped(text));
        let text = |text: &str, _: Tone| escaped(text);
        let before = |part: Part| match part {
            Part::Verdict | Part::Summary => "- ",
            Part::Evidence => "  - ",
            Part::Action => "\n",
        };
        align::write(outcome, &align::Drawn { title: &title, text: &text, before: &before }, out)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", escaped(&view.footer))?;
    out.flush()
}

fn table(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    let row = |cells: &mut dyn Iterator<Item = String>| {
        cells.map(|c| format!("| {c} ")).chain(["|".to_owned()]).collect::<String>()
    };
    writeln!(out, "{}", row(&mut grid.columns.iter().map(|c| escaped(&c.header))))?;
    let rule = |right: bool| if right { "---:" } else { "---" }.to_owned();
    writeln!(out, "{}", row(&mut grid.columns.iter().map(|c| rule(c.right))))?;
    for cells in &grid.rows {
        writeln!(out, "{}", row(&mut cells.iter().map(|c| escaped(&c.full()))))?;
    }
    Ok(())
}

/// An underscore inside a word is none of Markdown's business: `account_id` stays readable.
fn escaped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let inside = |i: usize| {
        let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        i > 0 && word(chars.get(i - 1)) && word(chars.get(i + 1))
    };
    let mut out = String::with_capacity(text.len());
    for (i, c) in chars.iter().enumerate() {
        if matches!(c, '|' | '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '~' | '#' | '&')
            || (*c == '_' && !inside(i))
        {
            out.push('\\');
        }
        out.push(*c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::two_kpis;
    use super::*;

    #[test]
    fn tables_as_github_shows_them() {
        let mut bytes = Vec::new();
        write(&two_kpis(), &mut bytes).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\
### Revenue (revenue) · EUR · month

| period | EUR | note |
| --- | ---: | --- |
| 2026-01 | 1,234.50 |  |
| 2026-02 | -20.00 | open, n 7, 3 skipped |

**by account.segment**

| account.segment | 2026-01 | 2026-02\\* |
| --- | ---: | ---: |
| \"\" | 34.50 | – |
| Retail, EU | 1,000.00 | -20.00 |
| (none) | 200.00 | 0.00 |

\\* open   – no values   3 skipped in 1 value

### churn_rate · month

| period | value | note |
| --- | ---: | --- |
| 2026-01 | 12.5% |  |
| 2026-02 | – | open, zero denominator |

as of 2026-02-10
"
        );
    }

    #[test]
    fn what_markdown_reads_is_escaped() {
        assert_eq!(escaped("a|b_c <i> [x] \\ `_y_` *"), "a\\|b_c \\<i\\> \\[x\\] \\\\ \\`\\_y\\_\\` \\*");
    }
}
