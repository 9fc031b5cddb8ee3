//! `convert(amount, currency, "EUR", on)` -> the amount times a rate of the source `rates`. A row that lacks
//! a rate is told by the aggregate around it; where no aggregate would, a conversion is refused.

use super::Resolver;
use super::calls::{clause_span, form};
use super::lower::{a, literal, lower};
use super::operators::named;
use super::rows::RowScope;
use crate::diagnostic::near::nearest;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Arith, Expr, Kind, ResultExpr, RowExpr, RowLeaf, Value};
use crate::model::project::{ColumnRef, Made, SourceId, TimeBinding};
use crate::model::rates::{RATE, RATES, RateSource, RateTarget};
use crate::model::types::{Type, Unit};
use crate::model::typing::{self, Misfit};
use crate::source::Span;
use crate::syntax::ast;

/// Why a column is not made of converted amounts.
const KEYS: &str = "names rows, joins them, or says when they count";

/// What a source of rates looks like.
const EXAMPLE: &str =
    "`rates: {path: rates.csv, time: day}` with the columns `day`, `currency`, `to` and `rate`";

impl Resolver<'_> {
    /// Types a conversion; `None` where an error was reported.
    pub(super) fn convert(&mut self, scope: &mut RowScope, call: &ast::Call, span: Span) -> Option<RowExpr> {
        if let Some(clause) = call.args.iter().find_map(clause_span) {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`convert` takes values, not rows")
                    .at(clause, "a clause of aggregates"),
            );
            return None;
        }
        let [amount, currency, target, on] = call.args.as_slice() else { return None };
        let target_span = target.expr.span;
        let amount = lower(self, scope, &amount.expr);
        let currency = lower(self, scope, &currency.expr);
        let target = lower(self, scope, &target.expr);
        let on = lower(self, scope, &on.expr);
        let target = self.target(&target, target_span)?;
        let types = [
            (&amount, amount.ty.is_number(), "a number"),
            (&currency, matches!(currency.ty, Type::Text | Type::Unknown), "a text such as \"EUR\""),
            (&on, on.ty.is_time(), "a date or timestamp"),
        ];
        let mut fits = true;
        for (argument, fit, expected) in types {
            if !fit {
                fits = false;
                self.wrong_argument(argument, expected);
            }
        }
        fits = fits && self.unit_fits(&amount, &currency);
        let rates = self.rate_source(scope.source, &target, call.name.span)?;
        if !fits || [&amount, &currency, &on].iter().any(|e| e.ty == Type::Unknown) {
            return None;
        }
        let ty = self.model.source(rates.source).columns[rates.rate].ty;
        self.model.rates = Some(rates);
        let unit = Unit::declared(&target);
        let target = literal(Value::Text(target), Type::Text, Unit::none(), target_span);
        let kind = Kind::Call(RATE, vec![currency, target, on]);
        let rate = Expr { kind, ty, unit: Unit::none(), span };
        let none = Unit::none();
        match typing::arithmetic(Arith::Mul, (amount.ty, &none), (rate.ty, &none)) {
            Ok((ty, _)) => {
                let kind = Kind::Arith(Arith::Mul, Box::new(amount), Box::new(rate));
                Some(Expr { kind, ty, unit, span })
            }
            Err(Misfit::Digits) => {
                let digits = typing::scale(amount.ty) + typing::scale(rate.ty);
                self.report(
                    Diagnostic::new(
                        &codes::TOO_MANY_DIGITS,
                        format!("a converted amount of {digits} digits after the point"),
                    )
                    .at(span, "those of the amount and those of the rate; a decimal holds 38")
                    .help("a `type:` with fewer digits for the rate"),
                );
                None
            }
            Err(_) => None,
        }
    }

    fn wrong_argument(&mut self, argument: &RowExpr, expected: &str) {
        let usage = self.signature("convert").map(|s| form(&s));
        let mut problem = Diagnostic::new(&codes::TYPE_MISMATCH, format!("`convert` of {}", a(argument.ty)))
            .at(argument.span, format!("{}; expected {expected}", argument.ty));
        problem.help = usage;
        self.report(problem);
    }

    /// The currency that is converted to: a constant, since units are types.
    fn target(&mut self, target: &RowExpr, span: Span) -> Option<String> {
        if let Kind::Literal(Value::Text(text)) = &target.kind {
            let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "/*".contains(c));
            if plain && text != "percent" && Unit::declared(text).is_strict() {
                return Some(text.clone());
            }
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`{text}` is no currency"))
                    .at(span, "the name of a currency is expected, such as `\"EUR\"`"),
            );
            return None;
        }
        if target.ty != Type::Unknown {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "a conversion to no constant currency")
                    .at(span, "a text such as `\"EUR\"` is expected")
                    .note("the currency is the unit of the result, and a unit is the same for all rows")
                    .help("one conversion for each currency"),
            );
        }
        None
    }

    /// An amount with a unit of its own is in that currency, whatever a column says.
    fn unit_fits(&mut self, amount: &RowExpr, currency: &RowExpr) -> bool {
        let constant = match &currency.kind {
            Kind::Literal(Value::Text(text)) => Some(Unit::declared(text)),
            _ => None,
        };
        let fits = !amount.unit.is_strict() || constant.is_some_and(|c| c == amount.unit.strict());
        if !fits {
            let unit = named(&amount.unit);
            self.report(
                Diagnostic::new(
                    &codes::UNIT_MISMATCH,
                    format!("an amount in `{unit}` in another currency than its own"),
                )
                .at(currency.span, "the currency that it is said to be in")
                .also(amount.span, format!("this is in `{unit}`"))
                .help("amounts in several currencies have no `unit:`"),
            );
        }
        fits
    }

    /// The source of rates with its columns; `None` where an error was reported.
    fn rate_source(&mut self, of: SourceId, target: &str, span: Span) -> Option<RateSource> {
        let problem = |headline: &str| Diagnostic::new(&codes::NO_CONVERSION, headline.to_owned());
        let Some(source) = self.model.source_named(RATES) else {
            let near = nearest(RATES, self.model.sources.iter().map(|s| s.name.as_str()));
            let near = near.map_or_else(String::new, |n| format!("; a near name exists: `{n}`"));
            self.report(
                problem("no source of exchange rates")
                    .at(span, "takes its rates from the source `rates`")
                    .help(format!("{EXAMPLE}{near}")),
            );
            return None;
        };
        if of == source {
            self.report(
                problem("a conversion of exchange rates").at(span, "a rate that would need rates itself"),
            );
            return None;
        }
        let here = self.model.source(source);
        if here.broken {
            return None;
        }
        let find = |name: &str| here.column_named(name);
        let currency = find("currency").or_else(|| find("from"));
        let (to, rate, time, defined) = (find("to"), find("rate"), here.time, here.defined);
        let lacks = [
            (currency.is_none(), "the column `currency` (or `from`)"),
            (rate.is_none(), "the column `rate`"),
            (time.is_none(), "`time:`, the day from which a rate holds"),
        ];
        let lacks: Vec<&str> = lacks.iter().filter(|(lacks, _)| *lacks).map(|(_, what)| *what).collect();
        let (Some(currency), Some(rate), Some(time)) = (currency, rate, time) else {
            let hint = here.hint.clone();
            self.diagnostics.merge(
                problem("`rates` is no source of exchange rates")
                    .at(defined, format!("lacks {}", lacks.join(", ")))
                    .help(hint.unwrap_or_else(|| EXAMPLE.to_owned())),
            );
            return None;
        };
        let to = match to {
            Some(column) => RateTarget::Column(column),
            None => RateTarget::Project(self.project_currency(target, defined, span)?),
        };
        let wanted = [
            (Some(currency), "a text is expected", false),
            (if let RateTarget::Column(to) = to { Some(to) } else { None }, "a text is expected", false),
            (Some(rate), "a number is expected", false),
            (Some(time), "a date or time is expected", true),
        ];
        for (column, expected, is_time) in wanted {
            let Some(column) = column else { continue };
            self.column_formula(source, column);
            let found = &self.model.source(source).columns[column];
            let fits = match found.ty {
                Type::Unknown => return None,
                ty if is_time => ty.is_time(),
                ty if column == rate => ty.is_number(),
                ty => ty == Type::Text,
            };
            let own = self.column_is_own(source, column);
            let (name, ty) = (found.name.clone(), found.ty);
            if !fits {
                let mut problem = Diagnostic::new(&codes::TYPE_MISMATCH, format!("`rates.{name}` is {ty}"))
                    .at(defined, format!("{ty}, where {expected}"));
                problem.notes.extend(self.schemas.why_text(RATES, &name).map(str::to_owned));
                self.diagnostics.merge(problem);
                return None;
            }
            if !own {
                self.diagnostics.merge(
                    problem("an exchange rate that reads another source")
                        .at(defined, format!("`{name}` is made of columns of another source"))
                        .help("rates are read before all else: from their own columns"),
                );
                return None;
            }
        }
        Some(RateSource { source, currency, to, rate, time })
    }

    /// The project's own currency, which rates without `to` lead to.
    fn project_currency(&mut self, target: &str, defined: Span, span: Span) -> Option<String> {
        let raw = self.raw;
        let problem = match &raw.currency {
            Some(own) if own.node == target => return Some(target.to_owned()),
            Some(own) => Diagnostic::new(
                &codes::NO_CONVERSION,
                format!("no rates into `{target}`: those of `rates` are into `{}`", own.node),
            )
            .at(span, format!("converts to `{target}`"))
            .also(own.span, "the project's own currency, since `rates` has no column `to`")
            .help("a column `to` says what each rate leads to"),
            None => Diagnostic::new(&codes::NO_CONVERSION, "exchange rates into no currency")
                .at(span, "takes its rates from the source `rates`")
                .also(defined, "has no column `to`, so its rates are into the project's own currency")
                .help(format!("`currency: {target}` at the top of the rule file, or a column `to`")),
        };
        self.report(problem);
        None
    }

    /// Whether a formula reads its own source alone.
    fn is_own(&self, source: SourceId, formula: &RowExpr) -> bool {
        let mut own = true;
        formula.leaves(&mut |leaf| match leaf {
            RowLeaf::Period(_) => own = false,
            RowLeaf::Column(at) => {
                own = own && at.hops.is_empty() && self.column_is_own(source, at.column);
            }
        });
        own
    }

    fn column_is_own(&self, source: SourceId, column: usize) -> bool {
        let column = &self.model.source(source).columns[column];
        column.made.is_none() && column.formula.as_ref().is_none_or(|f| self.is_own(source, f))
    }

    /// A conversion among results.
    pub(super) fn convert_outside(&mut self, call: &ast::Call, span: Span) -> Option<ResultExpr> {
        let name = &call.name.node;
        self.report(
            Diagnostic::new(&codes::NO_CONVERSION, format!("`{name}` outside an aggregate"))
                .at(span, "converts the amount of each row, at the rate of its day")
                .help("`sum(convert(invoices.amount, currency, \"EUR\", issued_on))`"),
        );
        None
    }

    /// Refuses conversions where no aggregate would tell that a rate is lacking: in what says which row a
    /// row is, when it counts, and what it leads to; in what is made of other rows.
    pub(super) fn converted_columns(&mut self) {
        let mut found = Vec::new();
        for (id, source) in self.model.sources.iter().enumerate() {
            let id = SourceId(id);
            let mut own: Vec<ColumnRef> = Vec::new();
            let mut add = |columns: &[usize]| {
                own.extend(columns.iter().map(|column| ColumnRef { hops: Vec::new(), column: *column }));
            };
            add(&source.key);
            add(source.label.as_slice());
            add(source.time.as_slice());
            if let Some(span) = source.span {
                add(&[span.from]);
                add(span.to.as_slice());
            }
            if let Some(snapshot) = &source.snapshot {
                add(&snapshot.per);
            }
            if let Some(keep) = &source.keep {
                add(&keep.per);
                add(&[keep.last]);
            }
            for relation in &source.relations {
                add(&relation.key);
                let Some(via) = &relation.via else { continue };
                add(via.at.as_slice());
                let of = self.model.source(via.source);
                for column in via.matched.iter().chain(&via.found) {
                    let at = ColumnRef { hops: Vec::new(), column: *column };
                    if self.model.column_converts(via.source, &at) {
                        found.push((of.columns[*column].name.clone(), of.defined, KEYS));
                    }
                }
            }
            let derived = source.distinct.as_ref().filter(|(of, c)| self.model.column_converts(*of, c));
            found.extend(derived.map(|_| (source.name.clone(), source.defined, KEYS)));
            for column in own.into_iter().filter(|c| self.model.column_converts(id, c)) {
                found.push((source.columns[column.column].name.clone(), source.defined, KEYS));
            }
            for column in &source.columns {
                let Some(made) = column.made.as_ref().filter(|m| self.model.made_converts(id, m)) else {
                    continue;
                };
                let at = match &**made {
                    Made::Fact { measure, .. } => self.model.measures[measure.0].span,
                    Made::Converted(c) => {
                        let filters = c.base.filter.iter().chain(&c.target.filter);
                        filters.map(|f| f.span).next().unwrap_or(source.defined)
                    }
                    Made::Gap { .. } | Made::Until => source.defined,
                };
                found.push((column.name.clone(), at, "one value for each row, before any aggregate"));
            }
        }
        for (name, at, why) in found {
            // What is made is named by its formula, in parentheses.
            let formula = name.strip_prefix('(').and_then(|n| n.strip_suffix(')'));
            self.diagnostics.merge(converted(formula.unwrap_or(&name)).at(at, why));
        }
    }

    /// Refuses to count rows on a column that is made of converted amounts.
    pub(super) fn not_converted(&mut self, source: SourceId, time: &TimeBinding, span: Span) -> Option<()> {
        let found = time.columns().into_iter().find(|c| self.model.column_converts(source, c));
        let Some(found) = found else { return Some(()) };
        let name = self.model.path_text(source, found);
        self.report(converted(&name).at(span, "says when a row counts"));
        None
    }
}

/// A converted amount where a lacking rate would go unnoticed.
pub(super) fn converted(name: &str) -> Diagnostic {
    Diagnostic::new(&codes::NO_CONVERSION, format!("`{name}` is made of converted amounts"))
        .note("a row without an exchange rate would be lost here, and the aggregates smaller")
        .help("in an aggregate or its `where` such a row makes the value missing, `no_rate`")
}
