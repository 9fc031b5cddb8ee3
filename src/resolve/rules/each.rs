//! `each:` -> whom a rule asks: dimensions, the entity behind each, and which members.

use super::names::Names;
use super::scope::{AskedMember, KPI};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::project::{Dimension, TimeBinding};
use crate::resolve::Resolver;
use crate::resolve::expand::by_names;
use crate::resolve::results::AskedEntity;
use crate::rulefile::raw::{RawEach, RawRule};
use crate::source::{Span, Spanned};
use crate::syntax::{ast, parse_mapped};

/// The entity of pairs of KPIs.
const PAIR: &str = "pair";

/// Whom a rule asks.
#[derive(Default)]
pub(super) struct Each {
    pub(super) dimensions: Vec<Dimension>,
    /// How they are shown.
    pub(super) shown: Vec<String>,
    pub(super) members: Vec<AskedMember>,
    /// Which members.
    pub(super) filter: Option<ast::Expr>,
}

impl Resolver<'_> {
    /// Reads `each:`; `None` where an error was reported.
    pub(super) fn asked(&mut self, raw: &RawRule, names: &Names) -> Option<Each> {
        let Some(written) = &raw.each else { return Some(Each::default()) };
        if let Some(pair) = &written.pair {
            let mut each = self.pair(written, pair)?;
            each.filter = each.filter.map(|filter| by_names(&filter, names));
            return Some(each);
        }
        let mut each = Each::default();
        for text in &written.dimensions {
            let (name, condition) = cut(text);
            let mut dimension = self.dimension_written(&name)?;
            let param = names.iter().find(|(name, _)| *name == dimension.name());
            if let Some((_, path)) = param {
                dimension.path = path.parts.iter().map(|p| p.node.clone()).collect();
            }
            match condition {
                None => {}
                Some(Err(problems)) => {
                    self.diagnostics.extend(problems);
                    return None;
                }
                Some(Ok(condition)) => {
                    let condition = by_names(&condition, names);
                    each.filter = Some(match each.filter.take() {
                        None => condition,
                        Some(before) => both(before, condition),
                    });
                }
            }
            each.shown.push(dimension.name());
            each.members.extend(self.member(&dimension));
            each.dimensions.push(dimension);
        }
        Some(each)
    }

    /// The entity that a dimension is: its columns can be read.
    fn member(&self, dimension: &Dimension) -> Option<AskedMember> {
        let [name] = dimension.path.as_slice() else { return None };
        let source = self.model.entity(name)?;
        let entity = AskedEntity { source, at: self.known(source) };
        Some(AskedMember { name: name.clone(), entity, way: Vec::new() })
    }

    /// Each unordered pair of KPIs once, as `a` and `b`.
    fn pair(&mut self, written: &RawEach, pair: &Spanned<String>) -> Option<Each> {
        let source = self.model.entity(PAIR).filter(|_| pair.node == KPI);
        let Some(source) = source else {
            self.report(
                Diagnostic::new(&codes::BAD_RULE, format!("pairs of `{}`", pair.node))
                    .at(pair.span, "`kpi` is expected: other members are compared with `rank` or `total`"),
            );
            return None;
        };
        let side = |name: &str| Dimension { path: vec![PAIR.to_owned(), name.to_owned()], span: pair.span };
        let member = |name: &str| AskedMember {
            name: name.to_owned(),
            entity: AskedEntity { source, at: TimeBinding::Always },
            way: vec![name.to_owned()],
        };
        let whole = AskedMember { way: Vec::new(), ..member(PAIR) };
        let filter = match &written.filter {
            None => None,
            Some(formula) => Some(formula.expr.clone()?),
        };
        Some(Each {
            dimensions: vec![side("a"), side("b")],
            shown: vec!["a".to_owned(), "b".to_owned()],
            members: vec![member("a"), member("b"), whole],
            filter,
        })
    }
}

/// `account where account.is_key`: the dimension, and the condition or why it does not parse.
fn cut(text: &Spanned<String>) -> (Spanned<String>, Option<Result<ast::Expr, Vec<Diagnostic>>>) {
    const WHERE: &str = " where ";
    let Some(at) = text.node.find(WHERE) else { return (text.clone(), None) };
    let (name, rest) = (&text.node[..at], &text.node[at + WHERE.len()..]);
    // Places are exact where the text stands in the file as it is.
    let exact = (text.span.end - text.span.start) as usize == text.node.len();
    let place = |from: usize, to: usize| {
        let start = text.span.start as usize;
        if exact { Span::new(text.span.file, start + from, start + to) } else { text.span }
    };
    let condition = parse_mapped(rest, &|from, to| place(at + WHERE.len() + from, at + WHERE.len() + to));
    (Spanned::new(name.trim().to_owned(), place(0, at)), Some(condition))
}

/// Both conditions.
fn both(left: ast::Expr, right: ast::Expr) -> ast::Expr {
    let span = left.span;
    let kind = ast::ExprKind::Binary {
        op: ast::BinaryOp::And,
        op_span: span,
        left: Box::new(left),
        right: Box::new(right),
    };
    ast::Expr { kind, span }
}
