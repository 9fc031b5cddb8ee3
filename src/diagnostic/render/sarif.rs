//! Diagnostics -> SARIF 2.1.0, the form that code scanners exchange: one run, the codes found as its
//! rules, columns in Unicode characters. Paths stay relative, as users know them.

use serde_json::{Map, Value, json};

use super::Region;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{SourceMap, Span};

/// A whole SARIF log with a line end.
pub fn render(diags: &[Diagnostic], map: &SourceMap) -> String {
    let mut codes: Vec<&'static Code> = diags.iter().map(|d| d.code).collect();
    codes.sort_by_key(|c| c.id);
    codes.dedup();
    let results: Vec<Value> = diags.iter().map(|d| result(d, &codes, map)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rumbo",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|c| rule(c)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "shortDescription": { "text": code.title },
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(d: &Diagnostic, codes: &[&'static Code], map: &SourceMap) -> Value {
    let mut object = Map::new();
    object.insert("ruleId".to_owned(), json!(d.code.id));
    object.insert("ruleIndex".to_owned(), json!(codes.iter().position(|c| c.id == d.code.id)));
    object.insert("level".to_owned(), json!(level(d.severity)));
    object.insert("message".to_owned(), json!({ "text": text(d) }));
    // The scanner's own place comes first and alone; whatever explains it is related.
    let primary = d.span();
    let mut related: Vec<Value> = Vec::new();
    let mut own: Vec<Value> = Vec::new();
    for label in &d.labels {
        let place =
            json!({ "physicalLocation": physical(label.span, map), "message": { "text": label.text } });
        if own.is_empty() && Some(label.span) == primary { own.push(place) } else { related.push(place) }
    }
    if let Some(place) = &d.data {
        let mut physical = Map::new();
        physical.insert("artifactLocation".to_owned(), json!({ "uri": uri(&place.file) }));
        if let Some(line) = place.line.filter(|l| *l > 0) {
            physical.insert("region".to_owned(), json!({ "startLine": line }));
        }
        let place = json!({ "physicalLocation": physical });
        if own.is_empty() { own.push(place) } else { related.push(place) }
    }
    object.insert("locations".to_owned(), json!(own));
    if !related.is_empty() {
        object.insert("relatedLocations".to_owned(), json!(related));
    }
    if let Some(fix) = &d.fix {
        let place = physical(fix.span, map);
        let change = json!({
            "artifactLocation": place["artifactLocation"],
            "replacements": [{
                "deletedRegion": place["region"],
                "insertedContent": { "text": fix.replacement },
            }],
        });
        let help = d.help.as_deref().unwrap_or(&d.headline);
        let fix = json!({ "description": { "text": help }, "artifactChanges": [change] });
        object.insert("fixes".to_owned(), json!([fix]));
    }
    Value::Object(object)
}

fn text(d: &Diagnostic) -> String {
    let mut lines = vec![d.headline.clone()];
    if let Some(place) = &d.data {
        let column = place.column.as_ref().map(|c| format!("column `{c}`"));
        let value = place.value.as_ref().map(|v| format!("value `{v}`"));
        lines.extend(column);
        lines.extend(value);
    }
    lines.extend(d.notes.iter().cloned());
    lines.extend(d.help.iter().map(|h| format!("help: {h}")));
    lines.join("\n")
}

fn physical(span: Span, map: &SourceMap) -> Value {
    let at = Region::of(span, map);
    json!({
        "artifactLocation": { "uri": uri(at.file) },
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    })
}

/// A relative path as a URI: slashes, and everything else percent-encoded but what RFC 3986 leaves.
/// A colon too, which in a first segment would read as a scheme; URLs stay what they are.
fn uri(path: &str) -> String {
    let url = path.contains("://");
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            b'\\' => text.push('/'),
            b':' | b'?' | b'&' | b'=' | b'%' if url => text.push(char::from(byte)),
            _ => text.extend(format!("%{byte:02X}").chars()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad_value, unknown_column};
    use super::*;

    #[test]
    fn a_log_that_scanners_take() {
        let mut map = SourceMap::new();
        let found = [bad_value(), unknown_column(&mut map)];
        let log: Value = serde_json::from_str(&render(&found, &map)).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "E0301");
        assert_eq!(run["tool"]["driver"]["rules"][1]["id"], "E0603");
        let data = &run["results"][0];
        assert_eq!(data["ruleIndex"], 1);
        assert_eq!(
            data["locations"],
            json!([{"physicalLocation": {"artifactLocation": {"uri": "data/invoices.csv"}, "region": {"startLine": 12}}}])
        );
        let name = &run["results"][1];
        assert_eq!(
            name["locations"][0]["physicalLocation"]["region"],
            json!({"startLine": 3, "startColumn": 27, "endLine": 3, "endColumn": 33})
        );
        assert_eq!(name["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"], "rumbo.yaml");
        assert_eq!(
            name["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
            "amount"
        );
    }

    #[test]
    fn paths_are_uris() {
        assert_eq!(uri("reglas/año 1.yaml"), "reglas/a%C3%B1o%201.yaml");
        assert_eq!(uri("c:\\x"), "c%3A/x");
        assert_eq!(uri("https://a.b/c?d=%20"), "https://a.b/c?d=%20");
    }
}
