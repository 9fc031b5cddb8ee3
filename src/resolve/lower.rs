//! Syntax -> typed expressions, the same way for rows and results; what differs (names, aggregates,
//! filters) a [`Scope`] answers. An operand with an error fits everything, so that one mistake is one
//! diagnostic.

use super::Resolver;
use super::arguments::by_position;
use super::literals::{micros, months};
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Arith, Compare, Expr, Kind, TextTest, Value};
use crate::model::signature::{ArgError, ArgType, Class, Signature};
use crate::model::types::{Type, Unit};
use crate::model::typing::{self, Misfit};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ExprKind, TextOp, UnaryOp};

/// What names and calls mean here.
pub(super) trait Scope {
    /// What formulas of this scope read.
    type Leaf: Clone;
    /// A name.
    fn name(&mut self, r: &mut Resolver<'_>, path: &ast::Path, span: Span) -> Expr<Self::Leaf>;
    /// A call of a function that is no scalar.
    fn call(&mut self, r: &mut Resolver<'_>, call: &ast::Call, class: Class, span: Span) -> Expr<Self::Leaf>;
    /// Whether a name stands for something here.
    fn knows(&self, r: &Resolver<'_>, name: &str) -> bool;
    /// `formula over last 3 months`.
    fn windowed(
        &mut self,
        r: &mut Resolver<'_>,
        operand: &ast::Expr,
        window: &ast::Window,
        span: Span,
    ) -> Expr<Self::Leaf>;
    /// `(formula where condition)`.
    fn filtered(
        &mut self,
        r: &mut Resolver<'_>,
        formula: &ast::Expr,
        condition: &ast::Expr,
        span: Span,
    ) -> Expr<Self::Leaf>;
}

/// What stands where an error was reported.
pub(super) fn poison<L>(span: Span) -> Expr<L> {
    literal(Value::Missing, Type::Unknown, Unit::none(), span)
}

/// A constant.
pub(super) fn literal<L>(value: Value, ty: Type, unit: Unit, span: Span) -> Expr<L> {
    Expr { kind: Kind::Literal(value), ty, unit, span }
}

fn boolean<L>(kind: Kind<L>, span: Span) -> Expr<L> {
    Expr { kind, ty: Type::Boolean, unit: Unit::none(), span }
}

/// Types an expression.
pub(super) fn lower<S: Scope>(r: &mut Resolver<'_>, scope: &mut S, expr: &ast::Expr) -> Expr<S::Leaf> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Literal(value) => match r.literal(value, span) {
            Some((value, ty, unit)) => literal(value, ty, unit, span),
            None => poison(span),
        },
        ExprKind::Name(path) => scope.name(r, path, span),
        ExprKind::Unary { op, operand, .. } => unary(r, scope, *op, operand, span),
        ExprKind::Binary { op, op_span, left, right } => binary(r, scope, *op, *op_span, (left, right), span),
        ExprKind::In { operand, list, negated } => {
            let operand = lower(r, scope, operand);
            let list: Vec<_> = list.iter().map(|e| lower(r, scope, e)).collect();
            for item in &list {
                check_comparison(r, &operand, item, item.span);
            }
            not_if(*negated, boolean(Kind::In(Box::new(operand), list), span))
        }
        ExprKind::Between { operand, low, high, negated } => {
            let operand = lower(r, scope, operand);
            let (low, high) = (lower(r, scope, low), lower(r, scope, high));
            let low = compare(r, Compare::GtEq, operand.clone(), low, span);
            let high = compare(r, Compare::LtEq, operand, high, span);
            not_if(*negated, boolean(Kind::And(Box::new(low), Box::new(high)), span))
        }
        ExprKind::IsMissing { operand, negated } => {
            let operand = lower(r, scope, operand);
            not_if(*negated, boolean(Kind::IsMissing(Box::new(operand)), span))
        }
        ExprKind::TextMatch { op, operand, pattern, negated } => {
            let operand = lower(r, scope, operand);
            let pattern = lower(r, scope, pattern);
            not_if(*negated, text_test(r, *op, operand, pattern, span))
        }
        ExprKind::Call(call) => self::call(r, scope, call, span),
        ExprKind::Filtered { formula, condition } => scope.filtered(r, formula, condition, span),
        ExprKind::PeriodField(_) => {
            r.not_yet(span, "the border of a period in a formula");
            poison(span)
        }
        ExprKind::InPeriod { .. } => {
            r.not_yet(span, "`in period`");
            poison(span)
        }
        ExprKind::IsStatus { .. } => {
            r.not_yet(span, "the status of a KPI in a formula");
            poison(span)
        }
        ExprKind::Windowed { operand, window } => scope.windowed(r, operand, window, span),
    }
}

fn not_if<L>(negated: bool, expr: Expr<L>) -> Expr<L> {
    if negated {
        let span = expr.span;
        boolean(Kind::Not(Box::new(expr)), span)
    } else {
        expr
    }
}

fn unary<S: Scope>(
    r: &mut Resolver<'_>,
    scope: &mut S,
    op: UnaryOp,
    operand: &ast::Expr,
    span: Span,
) -> Expr<S::Leaf> {
    let operand = lower(r, scope, operand);
    match op {
        UnaryOp::Not => {
            expect_condition(r, &operand);
            boolean(Kind::Not(Box::new(operand)), span)
        }
        UnaryOp::Minus | UnaryOp::Plus => {
            if !operand.ty.is_number() && operand.ty != Type::Duration {
                r.report(
                    Diagnostic::new(&codes::TYPE_MISMATCH, format!("a sign before {}", a(operand.ty)))
                        .at(operand.span, format!("{}, where a number is expected", operand.ty)),
                );
                return poison(span);
            }
            if op == UnaryOp::Plus {
                return Expr { span, ..operand };
            }
            let (ty, unit) = (operand.ty, operand.unit.clone());
            let kind = match operand.kind {
                Kind::Literal(Value::Integer(n)) => Kind::Literal(Value::Integer(-n)),
                Kind::Literal(Value::Decimal(n, s)) => Kind::Literal(Value::Decimal(-n, s)),
                Kind::Literal(Value::Duration(n)) => Kind::Literal(Value::Duration(-n)),
                kind => Kind::Neg(Box::new(Expr { kind, ..operand })),
            };
            Expr { kind, ty, unit, span }
        }
    }
}

/// "a number", "an integer".
pub(super) fn a(ty: Type) -> String {
    let name = ty.to_string();
    if name.starts_with('i') || name.starts_with('u') { format!("an {name}") } else { format!("a {name}") }
}

/// Reports an operand that is no condition.
pub(super) fn expect_condition<L>(r: &mut Resolver<'_>, operand: &Expr<L>) -> bool {
    let fits = matches!(operand.ty, Type::Boolean | Type::Unknown);
    if !fits {
        r.report(
            Diagnostic::new(
                &codes::TYPE_MISMATCH,
                format!("{} where a condition is expected", a(operand.ty)),
            )
            .at(operand.span, operand.ty.to_string())
            .help("a comparison such as `amount > 0`"),
        );
    }
    fits
}

fn binary<S: Scope>(
    r: &mut Resolver<'_>,
    scope: &mut S,
    op: BinaryOp,
    op_span: Span,
    (left, right): (&ast::Expr, &ast::Expr),
    span: Span,
) -> Expr<S::Leaf> {
    let arith = match op {
        BinaryOp::Add => Arith::Add,
        BinaryOp::Sub => Arith::Sub,
        BinaryOp::Mul => Arith::Mul,
        BinaryOp::Div => Arith::Div,
        BinaryOp::Pow => Arith::Pow,
        BinaryOp::And | BinaryOp::Or => {
            let (left, right) = (lower(r, scope, left), lower(r, scope, right));
            expect_condition(r, &left);
            expect_condition(r, &right);
            let (left, right) = (Box::new(left), Box::new(right));
            let kind = if op == BinaryOp::And { Kind::And(left, right) } else { Kind::Or(left, right) };
            return boolean(kind, span);
        }
        comparison => {
            let comparison = match comparison {
                BinaryOp::Eq => Compare::Eq,
                BinaryOp::NotEq => Compare::NotEq,
                BinaryOp::Lt => Compare::Lt,
                BinaryOp::LtEq => Compare::LtEq,
                BinaryOp::Gt => Compare::Gt,
                _ => Compare::GtEq,
            };
            let (left, right) = (lower(r, scope, left), lower(r, scope, right));
            return compare(r, comparison, left, right, span);
        }
    };
    if let (Arith::Add | Arith::Sub, Some(n)) = (arith, calendar_months(right)) {
        let left = lower(r, scope, left);
        if !left.ty.is_time() {
            r.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, format!("months added to {}", a(left.ty)))
                    .at(left.span, left.ty.to_string())
                    .also(right.span, "months, quarters and years go with dates"),
            );
            return poison(span);
        }
        let n = if arith == Arith::Sub { -n } else { n };
        let (ty, unit) = (left.ty, Unit::none());
        return Expr { kind: Kind::AddMonths(Box::new(left), n), ty, unit, span };
    }
    if arith == Arith::Div {
        warn_one_sided(r, left, right, op_span);
    }
    let (left, right) = (lower(r, scope, left), lower(r, scope, right));
    let typed = typing::arithmetic(arith, (left.ty, &left.unit), (right.ty, &right.unit));
    match typed {
        Ok((ty, unit)) => {
            let ty = if whole_days(arith, &left, &right) { Type::Date } else { ty };
            Expr { kind: Kind::Arith(arith, Box::new(left), Box::new(right)), ty, unit, span }
        }
        Err(misfit) => {
            report_misfit(r, &misfit, &left, &right, op_span, verb(arith));
            poison(span)
        }
    }
}

/// A window binds to what stands directly before it, which in a quotient is seldom meant.
fn warn_one_sided(r: &mut Resolver<'_>, left: &ast::Expr, right: &ast::Expr, at: Span) {
    let window = |side: &ast::Expr| {
        let mut found = None;
        crate::syntax::walk::walk(side, &mut |e| {
            if let ExprKind::Windowed { window, .. } = &e.kind {
                found = found.or(Some(window.span));
            }
        });
        found
    };
    // A constant has no period to differ.
    let constant = |side: &ast::Expr| {
        let mut reads = false;
        crate::syntax::walk::walk(side, &mut |e| {
            reads |= matches!(e.kind, ExprKind::Call(_) | ExprKind::Name(_));
        });
        !reads
    };
    let found = match (window(left), window(right)) {
        (Some(window), None) if !constant(right) => window,
        (None, Some(window)) if !constant(left) => window,
        _ => return,
    };
    r.diagnostics.merge(
        Diagnostic::new(&codes::WINDOW_ON_ONE_SIDE, "a window on one side of a division")
            .at(found, "binds to what stands directly before it")
            .also(at, "the other side is of the period alone")
            .help("parentheses give it to both: `(a / b) over last 3 months`"),
    );
}

/// A date and whole days make a date.
fn whole_days<L>(op: Arith, left: &Expr<L>, right: &Expr<L>) -> bool {
    let day = micros(ast::DurationUnit::Day).unwrap_or(1);
    matches!(op, Arith::Add | Arith::Sub)
        && left.ty == Type::Date
        && matches!(right.kind, Kind::Literal(Value::Duration(n)) if n % day == 0)
}

fn calendar_months(expr: &ast::Expr) -> Option<i32> {
    match &expr.kind {
        ExprKind::Literal(ast::Literal::Duration { number, unit }) => {
            number.parse::<i32>().ok()?.checked_mul(months(unit.node)?)
        }
        _ => None,
    }
}

fn verb(op: Arith) -> &'static str {
    match op {
        Arith::Add => "added",
        Arith::Sub => "subtracted",
        Arith::Mul => "multiplied",
        Arith::Div => "divided",
        Arith::Pow => "raised to a power",
    }
}

fn described<L>(expr: &Expr<L>) -> String {
    if expr.unit.is_none() { expr.ty.to_string() } else { format!("{} in {}", expr.ty, expr.unit) }
}

fn report_misfit<L>(
    r: &mut Resolver<'_>,
    misfit: &Misfit,
    left: &Expr<L>,
    right: &Expr<L>,
    at: Span,
    verb: &str,
) {
    let (l, rt) = (described(left), described(right));
    let diagnostic = match misfit {
        Misfit::Types => Diagnostic::new(
            &codes::TYPE_MISMATCH,
            format!("{} and {} cannot be {verb}", a(left.ty), a(right.ty)),
        ),
        Misfit::Units => Diagnostic::new(
            &codes::UNIT_MISMATCH,
            format!("`{}` and `{}` cannot be {verb}", named(&left.unit), named(&right.unit)),
        ),
        Misfit::Digits => {
            Diagnostic::new(&codes::TOO_MANY_DIGITS, "a product with more than 38 digits after the point")
        }
    };
    let help = match misfit {
        Misfit::Types
            if [left, right].iter().any(|e| e.ty == Type::Text && matches!(e.kind, Kind::Leaf(_))) =>
        {
            "a column of numbers that is read as text is declared: `columns: {NAME: {type: \"decimal(18,2)\"}}`"
        }
        Misfit::Types => "numbers go with numbers, durations with dates and durations",
        Misfit::Units => UNITS,
        Misfit::Digits => "one of the two with fewer digits, or as `type: float`",
    };
    r.report(diagnostic.at(at, "").also(left.span, l).also(right.span, rt).help(help));
}

/// Help for units that do not fit.
const UNITS: &str = "amounts in different units stay apart; a column's own one is its `unit:`";

fn named(unit: &Unit) -> String {
    if unit.is_none() { "number".to_owned() } else { unit.to_string() }
}

/// Types a comparison; durations meet numbers whose unit is a length of time.
fn compare<L: Clone>(
    r: &mut Resolver<'_>,
    op: Compare,
    left: Expr<L>,
    right: Expr<L>,
    span: Span,
) -> Expr<L> {
    let left = in_unit_of(left, &right);
    let right = in_unit_of(right, &left);
    if !check_comparison(r, &left, &right, span) {
        return poison(span);
    }
    boolean(Kind::Compare(op, Box::new(left), Box::new(right)), span)
}

/// A duration beside a number of days is taken as a number of days.
fn in_unit_of<L>(expr: Expr<L>, other: &Expr<L>) -> Expr<L> {
    if expr.ty != Type::Duration || !other.ty.is_number() {
        return expr;
    }
    let Some(length) = duration_unit(&other.unit.to_string()) else { return expr };
    let span = expr.span;
    let one = literal(Value::Duration(length), Type::Duration, Unit::none(), span);
    Expr {
        kind: Kind::Arith(Arith::Div, Box::new(expr), Box::new(one)),
        ty: Type::Float,
        unit: other.unit.clone(),
        span,
    }
}

/// The length of one of a named unit of time, in microseconds.
pub(super) fn duration_unit(name: &str) -> Option<i64> {
    micros(match name.trim_end_matches('s') {
        "second" => ast::DurationUnit::Second,
        "minute" => ast::DurationUnit::Minute,
        "hour" => ast::DurationUnit::Hour,
        "day" => ast::DurationUnit::Day,
        "week" => ast::DurationUnit::Week,
        _ => return None,
    })
}

fn check_comparison<L>(r: &mut Resolver<'_>, left: &Expr<L>, right: &Expr<L>, at: Span) -> bool {
    let Err(misfit) = typing::comparison((left.ty, &left.unit), (right.ty, &right.unit)) else { return true };
    let (what, code) = match misfit {
        Misfit::Units => (
            format!("`{}` and `{}` cannot be compared", named(&left.unit), named(&right.unit)),
            &codes::UNIT_MISMATCH,
        ),
        _ => (format!("{} and {} cannot be compared", a(left.ty), a(right.ty)), &codes::TYPE_MISMATCH),
    };
    let mut diagnostic =
        Diagnostic::new(code, what).at(right.span, described(right)).also(left.span, described(left));
    diagnostic.help = match misfit {
        Misfit::Units => Some(UNITS.to_owned()),
        _ => comparison_help(left, right, r),
    };
    let _ = at;
    r.report(diagnostic);
    false
}

fn comparison_help<L>(left: &Expr<L>, right: &Expr<L>, _: &Resolver<'_>) -> Option<String> {
    let (literal, other) = match (&left.kind, &right.kind) {
        (_, Kind::Literal(v)) => (v, left),
        (Kind::Literal(v), _) => (v, right),
        _ => return None,
    };
    match (literal, other.ty) {
        (Value::Text(t), Type::Date | Type::Timestamp | Type::Integer | Type::Decimal(_) | Type::Float) => {
            Some(format!("without quotes: {t}"))
        }
        (Value::Text(t), Type::Boolean) => Some(format!("true or false, without quotes: {t}")),
        (Value::Integer(n), Type::Text) => Some(format!("a text stands in quotes: \"{n}\"")),
        _ => None,
    }
}

fn text_test<L>(r: &mut Resolver<'_>, op: TextOp, operand: Expr<L>, pattern: Expr<L>, span: Span) -> Expr<L> {
    let mut fits = true;
    for side in [&operand, &pattern] {
        if !matches!(side.ty, Type::Text | Type::Unknown) {
            r.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, format!("{} where a text is expected", a(side.ty)))
                    .at(side.span, side.ty.to_string()),
            );
            fits = false;
        }
    }
    let op = match op {
        TextOp::Contains => TextTest::Contains,
        TextOp::StartsWith => TextTest::StartsWith,
        TextOp::EndsWith => TextTest::EndsWith,
        TextOp::Matches => TextTest::Matches,
    };
    if let (TextTest::Matches, Kind::Literal(Value::Text(regex))) = (op, &pattern.kind)
        && let Err(problem) = regex::RegexBuilder::new(regex).size_limit(1 << 20).build()
    {
        let problem = problem.to_string();
        let problem = problem.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        r.report(
            Diagnostic::new(&codes::INVALID_VALUE, "not a regular expression").at(pattern.span, problem),
        );
        fits = false;
    }
    if !fits {
        return poison(span);
    }
    boolean(Kind::Text(op, Box::new(operand), Box::new(pattern)), span)
}

fn call<S: Scope>(r: &mut Resolver<'_>, scope: &mut S, call: &ast::Call, span: Span) -> Expr<S::Leaf> {
    let name = call.name.node.as_str();
    if r.raw.functions.contains_key(name) {
        return match r.expand(call, span) {
            Some(body) => {
                r.expanding.push(name.to_owned());
                let typed = lower(r, scope, &body);
                r.expanding.pop();
                Expr { span, ..typed }
            }
            None => poison(span),
        };
    }
    let Some(signature) = r.signature(name) else {
        let names: Vec<&str> =
            r.signatures.iter().map(|s| s.name).chain(r.raw.functions.keys().map(String::as_str)).collect();
        let mut diagnostic =
            Diagnostic::new(&codes::UNKNOWN_FUNCTION, format!("no function is named `{name}`"))
                .at(call.name.span, "unknown function");
        diagnostic.help = crate::diagnostic::near::nearest(name, names.iter().copied())
            .map(|n| format!("a near name exists: `{n}`"))
            .or_else(|| elsewhere(name).map(|form| format!("here it is {form}")))
            .or_else(|| Some("`rumbo functions` lists them".to_owned()));
        r.report(diagnostic);
        return poison(span);
    };
    if !signature.evaluated {
        r.not_yet(call.name.span, &format!("`{name}`"));
        return poison(span);
    }
    let parameters: Vec<(&str, bool)> = signature.params.iter().map(|p| (p.name, p.optional)).collect();
    let call = &match by_position(call, &parameters) {
        Ok(call) => call,
        Err(problem) => {
            r.report(problem);
            return poison(span);
        }
    };
    // `name = value` of a name that nothing has is no comparison but an argument that the function lacks.
    let strange = |a: &ast::Argument| {
        let name = super::arguments::named_like(a)?;
        (!scope.knows(r, &name.node)).then(|| name.clone())
    };
    let unknown = call.named.first().map(|(name, _)| name.clone());
    let unknown = match signature.class {
        Class::Scalar => unknown.or_else(|| call.args.iter().find_map(strange)),
        _ => unknown,
    };
    if let (Class::Scalar | Class::Aggregate, Some(argument)) = (signature.class, unknown) {
        r.report(
            Diagnostic::new(
                &codes::WRONG_ARGUMENTS,
                format!("`{name}` has no argument named `{}`", argument.node),
            )
            .at(argument.span, "unknown argument")
            .help(form(&signature)),
        );
        return poison(span);
    }
    if !arity_fits(r, &signature, call, span) {
        return poison(span);
    }
    if signature.class != Class::Scalar {
        return scope.call(r, call, signature.class, span);
    }
    let mut args = Vec::new();
    for argument in &call.args {
        if let Some(clause) = clause_span(argument) {
            r.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{name}` takes values, not rows"))
                    .at(clause, "a clause of aggregates"),
            );
            return poison(span);
        }
        args.push(lower(r, scope, &argument.expr));
    }
    scalar(r, &signature, args, span)
}

/// Help that shows how a function is called.
pub(super) fn form(signature: &Signature) -> String {
    format!("its form is `{}`", signature.usage())
}

/// What functions of spreadsheets and SQL are called here.
fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "sumif" | "sumifs" => "`sum(invoices.amount where kind = \"new\")`",
        "countif" | "countifs" | "counta" => "`count(invoices where kind = \"new\")`",
        "average" | "mean" => "`avg(x)`",
        "averageif" | "averageifs" => "`avg(invoices.amount where kind = \"new\")`",
        "iferror" | "ifnull" | "nvl" | "isnull" | "zeroifnull" => {
            "`coalesce(x, 0)`; a division by zero is missing"
        }
        "nullif" | "safe_divide" | "divide" => "`a / b`, which is missing where `b` is 0",
        "isblank" | "isempty" => "`x is missing`",
        "iff" | "iif" | "ifs" | "case" | "switch" => "`if(condition, value, otherwise)`",
        "countd" | "uniques" | "countunique" => "`count_distinct(x)`",
        "datediff" | "datedif" | "date_diff" => "`days_between(a, b)`",
        "len" => "`length(x)`",
        "stdev" | "stddev_samp" => "`stddev(x)`",
        "var" | "var_samp" => "`variance(x)`",
        "lag" => "`previous(x)` or `ago(x, 12 months)`",
        _ => return None,
    })
}

/// Where the first clause of an argument stands.
pub(super) fn clause_span(argument: &ast::Argument) -> Option<Span> {
    let clauses = [
        argument.via.as_ref().map(ast::Path::span),
        argument.per.as_ref().map(ast::Path::span),
        argument.moment.as_ref().map(|m| m.span),
        argument.by.first().map(ast::Path::span),
        argument.filter.as_ref().map(|f| f.span),
    ];
    clauses.into_iter().flatten().next()
}

fn arity_fits(r: &mut Resolver<'_>, signature: &Signature, call: &ast::Call, span: Span) -> bool {
    let (least, most) = signature.arity();
    let got = call.args.len();
    if got >= least && most.is_none_or(|m| got <= m) {
        return true;
    }
    let extra = most.and_then(|m| call.args.get(m)).map(|a| a.span);
    let expected = match most {
        Some(most) if most == least => format!("{least}"),
        Some(most) => format!("{least} to {most}"),
        None => format!("at least {least}"),
    };
    r.report(
        Diagnostic::new(
            &codes::WRONG_ARGUMENTS,
            format!(
                "`{}` takes {expected} argument{}, not {got}",
                signature.name,
                if expected == "1" { "" } else { "s" }
            ),
        )
        .at(extra.unwrap_or(span), if extra.is_some() { "one too many" } else { "" })
        .help(match extra {
            Some(_) if signature.class == Class::Aggregate => {
                format!("a condition on rows stands after `where`: `{}(x where y > 0)`", signature.name)
            }
            _ => form(signature),
        }),
    );
    false
}

/// Types a call of a scalar function.
fn scalar<L: Clone>(r: &mut Resolver<'_>, signature: &Signature, args: Vec<Expr<L>>, span: Span) -> Expr<L> {
    if args.iter().any(|a| a.ty == Type::Unknown) {
        return poison(span);
    }
    let types: Vec<ArgType> = args
        .iter()
        .map(|arg| ArgType {
            ty: arg.ty,
            unit: arg.unit.clone(),
            integer: match arg.kind {
                Kind::Literal(Value::Integer(n)) => i64::try_from(n).ok(),
                _ => None,
            },
        })
        .collect();
    match (signature.infer)(&types) {
        Ok((ty, unit)) => Expr { kind: Kind::Call(signature.name, args), ty, unit, span },
        Err(problem) => {
            let diagnostic = match problem {
                ArgError::Type(index, expected) => Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    format!("`{}` of {}", signature.name, a(args[index].ty)),
                )
                .at(args[index].span, format!("{}; expected {expected}", args[index].ty)),
                ArgError::Units(first, second) => Diagnostic::new(
                    &codes::UNIT_MISMATCH,
                    format!(
                        "`{}` of `{}` and `{}`",
                        signature.name,
                        named(&args[first].unit),
                        named(&args[second].unit)
                    ),
                )
                .at(args[second].span, described(&args[second]))
                .also(args[first].span, described(&args[first])),
                ArgError::Other(index, problem) => {
                    Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{}`: {problem}", signature.name))
                        .at(args[index].span, problem)
                }
            };
            r.report(diagnostic.help(form(signature)));
            poison(span)
        }
    }
}

/// Help for a name among others; kept here so that every scope words it alike.
pub(super) fn unknown(name: &str, span: Span, headline: String, valid: &[&str]) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, headline).at(span, "unknown name");
    diagnostic.help = did_you_mean(name, valid.iter().copied());
    diagnostic
}
