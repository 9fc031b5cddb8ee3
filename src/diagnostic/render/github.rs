//! Diagnostics -> GitHub's workflow commands, which show as annotations on a pull request: one line
//! each, escaped as the runner unescapes them.

use super::Region;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;

/// `::error file=..,line=..,col=..,title=..::text`, a line each.
pub fn render(diags: &[Diagnostic], map: &SourceMap) -> String {
    diags.iter().map(|d| command(d, map) + "\n").collect()
}

fn command(d: &Diagnostic, map: &SourceMap) -> String {
    let verb = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(span) = d.span() {
        let at = Region::of(span, map);
        properties.push(format!("file={}", property(at.file)));
        properties.push(format!("line={}", at.line));
        properties.push(format!("col={}", at.column));
    } else if let Some(place) = &d.data {
        properties.push(format!("file={}", property(&place.file)));
        properties.extend(place.line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(&format!("{}: {}", d.code.id, d.headline))));
    format!("::{verb} {}::{}", properties.join(","), message(&text(d)))
}

/// What the headline does not say yet; the headline itself where there is nothing else, since an
/// annotation without text is dropped.
fn text(d: &Diagnostic) -> String {
    let primary = d.labels.iter().filter(|l| l.primary && !l.text.is_empty()).map(|l| l.text.clone());
    let data = d.data.iter().filter_map(|p| match (&p.column, &p.value) {
        (Some(column), Some(value)) => Some(format!("column `{column}`: `{value}`")),
        (Some(column), None) => Some(format!("column `{column}`")),
        (None, value) => value.as_ref().map(|v| format!("`{v}`")),
    });
    let lines: Vec<String> = primary
        .chain(data)
        .chain(d.notes.iter().cloned())
        .chain(d.help.iter().map(|h| format!("help: {h}")))
        .collect();
    if lines.is_empty() { d.headline.clone() } else { lines.join("\n") }
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad_value, unknown_column};
    use super::*;
    use crate::diagnostic::codes;

    #[test]
    fn places_and_texts_are_escaped() {
        let mut map = SourceMap::new();
        let found = [unknown_column(&mut map), bad_value()];
        assert_eq!(
            render(&found, &map),
            "::error file=rules/kpis.yaml,line=3,col=27,title=E0301%3A no column `amonut` in `invoices`\
             ::not a column of `invoices`%0Acolumns: `amount`, `issued_on`%0Ahelp: a near name exists: `amount`\n\
             ::error file=data/invoices.csv,line=12,title=E0603%3A `1.234%2C56` is not a decimal\
             ::column `amount`: `1.234,56`%0Ahelp: decimal comma? add `csv: {decimal: \",\", thousands: \".\"}`\n"
        );
    }

    #[test]
    fn a_bare_warning_repeats_its_headline() {
        let d = Diagnostic::new(&codes::FILES_DIFFER, "100% wider\nthan asked");
        assert_eq!(
            render(&[d], &SourceMap::new()),
            "::warning title=W0602%3A 100%25 wider%0Athan asked::100%25 wider%0Athan asked\n"
        );
    }
}
