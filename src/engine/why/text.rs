//! Typed expressions -> texts that people read: as written, where those words stand in the formula at hand, else
//! printed. What a function was opened up to stands there with its parameters in place of the arguments.

use crate::model::expr::{
    Across, Arith, Compare, Expr, Kind, PeriodBorder, ResultExpr, ResultLeaf, RowLeaf, TextTest, Value,
};
use crate::model::project::{Model, SourceId};
use crate::source::{SourceMap, Span};

/// The text of an expression of a formula, given by its canonical text. `leaf` says what its leaves read like.
pub(super) fn written<L>(
    expr: &Expr<L>,
    (map, home): (&SourceMap, &str),
    leaf: &dyn Fn(&L) -> String,
) -> String {
    match canonical(map, expr.span) {
        Some(text) if home.contains(&text) => text,
        _ => printed(expr, leaf, 0),
    }
}

/// What stands at a span, as formulas are printed.
pub(super) fn canonical(map: &SourceMap, span: Span) -> Option<String> {
    crate::syntax::parse(map.slice(span), span.file, 0).ok().map(|e| crate::syntax::print(&e))
}

/// The text of a formula over results.
pub(super) fn result_text(model: &Model, map: &SourceMap, home: &str, expr: &ResultExpr) -> String {
    match &expr.kind {
        // Equal aggregates are one, with the text of the first: here it may be written in other words.
        Kind::Leaf(leaf @ (ResultLeaf::Kpi(..) | ResultLeaf::Table(_))) => {
            result_leaf(model, map, home, leaf)
        }
        _ => written(expr, (map, home), &|leaf| result_leaf(model, map, home, leaf)),
    }
}

fn result_leaf(model: &Model, map: &SourceMap, home: &str, leaf: &ResultLeaf) -> String {
    let text = |body: &ResultExpr| result_text(model, map, home, body);
    match leaf {
        ResultLeaf::Measure(id) => model.measures[id.0].text.clone(),
        ResultLeaf::Kpi(name, _) => name.clone(),
        ResultLeaf::Table(table) => {
            let table = &model.tables[*table];
            let source = model.source(table.source);
            format!("{}.{}", source.name, source.columns[table.value].name)
        }
        ResultLeaf::Period(border, _) => border_text(*border).to_owned(),
        ResultLeaf::Across(Across::HideBelow(_), body) => text(body),
        ResultLeaf::Across(across, body) => format!("{}({})", across.name(), text(body)),
        ResultLeaf::History(history) => {
            let of: Vec<String> = history.of.iter().map(text).collect();
            format!("{}({})", history.name(), of.join(", "))
        }
        ResultLeaf::Per(per) => format!("{} per {}", text(&per.formula), per.entity.name()),
        ResultLeaf::Judged(asked) => asked.name.clone(),
        ResultLeaf::Stated(stated) => stated.results.kpi.clone(),
        ResultLeaf::Bound(bound) => text(&bound.name),
    }
}

/// What a leaf over rows reads like.
pub(super) fn row_leaf(model: &Model, source: SourceId, leaf: &RowLeaf) -> String {
    match leaf {
        RowLeaf::Column(at) => model.path_text(source, at),
        RowLeaf::Period(border) => border_text(*border).to_owned(),
    }
}

fn border_text(border: PeriodBorder) -> &'static str {
    match border {
        PeriodBorder::Start => "period.start",
        PeriodBorder::End => "period.end",
        PeriodBorder::LastDay => "period.last_day",
        PeriodBorder::Before => "period.start - 1 day",
    }
}

/// Brackets stand around what binds looser than `least`.
fn printed<L>(expr: &Expr<L>, leaf: &dyn Fn(&L) -> String, least: u8) -> String {
    let two = |a: &Expr<L>, word: &str, b: &Expr<L>, level: u8| {
        (level, format!("{} {word} {}", printed(a, leaf, level), printed(b, leaf, level + 1)))
    };
    let (level, text) = match &expr.kind {
        Kind::Literal(value) => (9, constant(value)),
        Kind::Leaf(of) => (9, leaf(of)),
        Kind::Neg(a) => (7, format!("-{}", printed(a, leaf, 7))),
        Kind::Not(a) => (3, format!("not {}", printed(a, leaf, 3))),
        Kind::Or(a, b) => two(a, "or", b, 1),
        Kind::And(a, b) => two(a, "and", b, 2),
        Kind::Compare(op, a, b) => two(a, compare_word(*op), b, 4),
        Kind::Text(test, a, b) => two(a, text_word(*test), b, 4),
        Kind::Arith(op, a, b) => {
            let (word, level) = arith_word(*op);
            two(a, word, b, level)
        }
        Kind::AddMonths(a, months) => (5, format!("{} + {months} months", printed(a, leaf, 5))),
        Kind::IsMissing(a) => (4, format!("{} is missing", printed(a, leaf, 5))),
        Kind::In(a, list) => {
            let items: Vec<String> = list.iter().map(|i| printed(i, leaf, 0)).collect();
            (4, format!("{} in ({})", printed(a, leaf, 5), items.join(", ")))
        }
        Kind::Call(name, args) => {
            let args: Vec<String> = args.iter().map(|a| printed(a, leaf, 0)).collect();
            (9, format!("{name}({})", args.join(", ")))
        }
    };
    if level < least { format!("({text})") } else { text }
}

fn constant(value: &Value) -> String {
    const DAY: i64 = 86_400_000_000;
    match value {
        Value::Integer(n) => n.to_string(),
        Value::Decimal(digits, scale) => (*digits as f64 / 10f64.powi(i32::from(*scale))).to_string(),
        Value::Float(f) => f.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Boolean(b) => b.to_string(),
        Value::Date(day) => day.to_string(),
        Value::Timestamp(micros) => chrono::DateTime::from_timestamp_micros(*micros)
            .map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        Value::Duration(micros) if micros % DAY == 0 => format!("{} days", micros / DAY),
        Value::Duration(micros) => format!("{} hours", *micros as f64 / 3_600_000_000.0),
        Value::Missing => "missing".to_owned(),
    }
}

fn arith_word(op: Arith) -> (&'static str, u8) {
    match op {
        Arith::Add => ("+", 5),
        Arith::Sub => ("-", 5),
        Arith::Mul => ("*", 6),
        Arith::Div => ("/", 6),
        Arith::Pow => ("^", 8),
    }
}

fn compare_word(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "=",
        Compare::NotEq => "!=",
        Compare::Lt => "<",
        Compare::LtEq => "<=",
        Compare::Gt => ">",
        Compare::GtEq => ">=",
    }
}

fn text_word(test: TextTest) -> &'static str {
    match test {
        TextTest::Contains => "contains",
        TextTest::StartsWith => "starts with",
        TextTest::EndsWith => "ends with",
        TextTest::Matches => "matches",
    }
}
