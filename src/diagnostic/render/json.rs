//! Diagnostics -> JSON for programs: one object with a list, keys always present and in one order, lines
//! and columns from 1 in characters, ends exclusive.

use serde_json::{Map, Value, json};

use super::{Region, word};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{SourceMap, Span};

/// `{"diagnostics": [...]}` with a line end. What a diagnostic does not have is null or an empty list;
/// `file` and what follows are those of its first primary label.
pub fn render(diags: &[Diagnostic], map: &SourceMap) -> String {
    let list: Vec<Value> = diags.iter().map(|d| diagnostic(d, map)).collect();
    format!("{:#}\n", json!({ "diagnostics": list }))
}

fn diagnostic(d: &Diagnostic, map: &SourceMap) -> Value {
    let mut object = Map::new();
    object.insert("code".to_owned(), json!(d.code.id));
    object.insert("severity".to_owned(), json!(word(d.severity)));
    object.insert("headline".to_owned(), json!(d.headline));
    object.append(&mut place(d.span(), map));
    object.insert("labels".to_owned(), d.labels.iter().map(|l| label(l, map)).collect());
    let data = d
        .data
        .as_ref()
        .map(|p| json!({ "file": p.file, "line": p.line, "column": p.column, "value": p.value }));
    object.insert("data".to_owned(), data.unwrap_or(Value::Null));
    object.insert("notes".to_owned(), json!(d.notes));
    object.insert("help".to_owned(), json!(d.help));
    let fix = d.fix.as_ref().map(|fix| {
        let mut fixed = place(Some(fix.span), map);
        fixed.insert("replacement".to_owned(), json!(fix.replacement));
        Value::Object(fixed)
    });
    object.insert("fix".to_owned(), fix.unwrap_or(Value::Null));
    Value::Object(object)
}

fn label(label: &Label, map: &SourceMap) -> Value {
    let mut object = place(Some(label.span), map);
    object.insert("text".to_owned(), json!(label.text));
    object.insert("primary".to_owned(), json!(label.primary));
    Value::Object(object)
}

fn place(span: Option<Span>, map: &SourceMap) -> Map<String, Value> {
    let region = span.map(|s| Region::of(s, map));
    let region = region.as_ref();
    let fields = [
        ("file", json!(region.map(|r| r.file))),
        ("line", json!(region.map(|r| r.line))),
        ("column", json!(region.map(|r| r.column))),
        ("end_line", json!(region.map(|r| r.end_line))),
        ("end_column", json!(region.map(|r| r.end_column))),
    ];
    fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad_value, unknown_column};
    use super::*;
    use crate::diagnostic::codes;

    #[test]
    fn every_key_in_its_order() {
        let mut map = SourceMap::new();
        let d = unknown_column(&mut map);
        let text: String = render(&[d], &map).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            text,
            "{ \"diagnostics\": [ { \"code\": \"E0301\", \"severity\": \"error\", \
             \"headline\": \"no column `amonut` in `invoices`\", \"file\": \"rules/kpis.yaml\", \
             \"line\": 3, \"column\": 27, \"end_line\": 3, \"end_column\": 33, \"labels\": [ \
             { \"file\": \"rules/kpis.yaml\", \"line\": 3, \"column\": 27, \"end_line\": 3, \
             \"end_column\": 33, \"text\": \"not a column of `invoices`\", \"primary\": true }, \
             { \"file\": \"rumbo.yaml\", \"line\": 2, \"column\": 3, \"end_line\": 2, \
             \"end_column\": 11, \"text\": \"`invoices` is this source\", \"primary\": false } ], \
             \"data\": null, \"notes\": [ \"columns: `amount`, `issued_on`\" ], \
             \"help\": \"a near name exists: `amount`\", \"fix\": { \"file\": \"rules/kpis.yaml\", \
             \"line\": 3, \"column\": 27, \"end_line\": 3, \"end_column\": 33, \
             \"replacement\": \"amount\" } } ] }"
        );
    }

    #[test]
    fn data_has_its_own_place() {
        let value: Value = serde_json::from_str(&render(&[bad_value()], &SourceMap::new())).unwrap();
        let d = &value["diagnostics"][0];
        assert_eq!(d["file"], Value::Null);
        assert_eq!(
            d["data"],
            json!({"file": "data/invoices.csv", "line": 12, "column": "amount", "value": "1.234,56"})
        );
    }

    #[test]
    fn columns_are_characters_and_ends_stand_on_their_line() {
        let mut map = SourceMap::new();
        let text = "é: 世x\r\nb: 2";
        let id = map.add("a.yaml", text);
        let span = Span::new(id, text.find('x').unwrap(), text.len());
        let d = Diagnostic::new(&codes::CYCLE, "x").at(span, "");
        let value: Value = serde_json::from_str(&render(&[d], &map)).unwrap();
        let d = &value["diagnostics"][0];
        assert_eq!([&d["line"], &d["column"]], [&json!(1), &json!(5)]);
        assert_eq!([&d["end_line"], &d["end_column"]], [&json!(2), &json!(5)]);
    }

    #[test]
    fn none_is_an_empty_list() {
        assert_eq!(render(&[], &SourceMap::new()), "{\n  \"diagnostics\": []\n}\n");
    }
}
