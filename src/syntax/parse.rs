//! Formula text -> tree, or what is wrong with it. In order: limits and forms of other languages
//! (`scan`, `foreign`), the grammar (pest), the tree (`expressions`, `calls`, `literals`); where the
//! grammar stops, `failure` says why in the user's words. Total on any text.

mod calls;
mod expressions;
mod failure;
mod foreign;
mod habits;
mod literals;
mod numbers;
mod scan;
#[cfg(test)]
mod tests;

use pest::Parser;
use pest::iterators::Pair;

use super::ast::{Expr, Ident, Path};
use super::walk;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, Span};

/// Bytes of one formula.
pub const MAX_BYTES: usize = 64 * 1024;
/// Brackets inside brackets, signs before a value, powers of powers.
pub const MAX_NESTING: usize = 64;
/// Operators of one formula.
pub const MAX_OPERATORS: usize = 1000;
/// Words, numbers, signs and texts of one formula: a list of 8,000 values, which belongs in a source.
pub const MAX_TOKENS: usize = 16 * 1024;
/// Levels of the tree: a long sum is as deep as it has terms, and later stages recurse over it.
pub const MAX_DEPTH: usize = 512;

/// The generated parser, behind this wall.
mod grammar {
    #![allow(missing_docs, clippy::pedantic)]
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/formula.pest"]
    pub struct FormulaParser;
}
use grammar::{FormulaParser, Rule};

type Built<T> = Result<T, Box<Diagnostic>>;
type Failed = Vec<Diagnostic>;

/// What a function's definition is named: `margin(x, cost)`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionHead {
    /// The function.
    pub name: Ident,
    /// Its parameters, in order; may be none, and may repeat (that is `resolve`'s to refuse).
    pub params: Vec<Ident>,
}

/// The tree of a formula that stands in `file` from byte `base` on, as it is.
pub fn parse(text: &str, file: FileId, base: usize) -> Result<Expr, Vec<Diagnostic>> {
    parse_mapped(text, &|start, end| Span::new(file, base + start, base + end))
}

/// The tree of a formula, where `span_of` tells the place of a range of its bytes: for texts that are
/// not in the file byte by byte, as in a YAML scalar with escapes.
pub fn parse_mapped(text: &str, span_of: &dyn Fn(usize, usize) -> Span) -> Result<Expr, Vec<Diagnostic>> {
    let (builder, root) = read(Rule::formula, text, span_of)?;
    let expr = builder.expr(builder.only(root)?).map_err(|problem| vec![*problem])?;
    builder.check_depth(&expr)?;
    Ok(expr)
}

/// A dotted name, as in `by: account.segment`.
pub fn parse_path(text: &str, span_of: &dyn Fn(usize, usize) -> Span) -> Result<Path, Vec<Diagnostic>> {
    let (builder, root) = read(Rule::path_field, text, span_of)?;
    Ok(builder.path(builder.only(root)?).path)
}

#[cfg_attr(not(test), expect(dead_code, reason = "the head of a rule; rules are kept and not evaluated yet"))]
/// What a rule judges, as in `each: account where account.is_key`.
pub fn parse_each(
    text: &str,
    span_of: &dyn Fn(usize, usize) -> Span,
) -> Result<(Path, Option<Expr>), Vec<Diagnostic>> {
    let (builder, root) = read(Rule::each_field, text, span_of)?;
    let mut parts = root.into_inner();
    let path = parts.next().ok_or_else(|| vec![*builder.lost()])?;
    let filter = match parts.next() {
        Some(filter) if filter.as_rule() == Rule::filter => {
            let condition = builder.last_expr(filter).map_err(|problem| vec![*problem])?;
            builder.check_depth(&condition)?;
            Some(condition)
        }
        _ => None,
    };
    Ok((builder.path(path).path, filter))
}

/// The head of a function's definition: `margin(x, cost)`.
pub fn parse_head(
    text: &str,
    span_of: &dyn Fn(usize, usize) -> Span,
) -> Result<FunctionHead, Vec<Diagnostic>> {
    let (builder, root) = read(Rule::head_field, text, span_of)?;
    let mut names = root.into_inner().filter(|p| p.as_rule() == Rule::name).map(|p| builder.name(&p).0);
    let name = names.next().ok_or_else(|| vec![*builder.lost()])?;
    Ok(FunctionHead { name, params: names.collect() })
}

/// A text and where its bytes stand; every part of the stage reports through it.
#[derive(Clone, Copy)]
struct Builder<'a> {
    text: &'a str,
    span_of: &'a dyn Fn(usize, usize) -> Span,
}

impl<'a> Builder<'a> {
    fn at(&self, start: usize, end: usize) -> Span {
        (self.span_of)(start, end.max(start))
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        // pest lets a rule that ends in a repetition take the spaces after it.
        let start = pair.as_span().start();
        self.at(start, start + pair.as_str().trim_end().len())
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The first part of what was read as a whole.
    fn only<'p>(&self, root: Pair<'p, Rule>) -> Result<Pair<'p, Rule>, Failed> {
        root.into_inner().next().ok_or_else(|| vec![*self.lost()])
    }

    /// The grammar gave a tree that the builder does not know: our mistake, and never a panic.
    fn lost(&self) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(&codes::FORMULA_SYNTAX, "this formula could not be read")
                .at(self.at(0, self.text.len()), "")
                .note("this is a defect of rumbo: the grammar and the tree disagree"),
        )
    }

    fn too_deep(&self, start: usize, end: usize, headline: String) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(&codes::TOO_DEEP, headline)
                .at(self.at(start, end), "")
                .help("split the formula: name its parts as KPIs, functions or columns"),
        )
    }

    fn check_depth(&self, expr: &Expr) -> Result<(), Failed> {
        if walk::depth(expr) <= MAX_DEPTH {
            return Ok(());
        }
        let headline = format!("a formula of more than {MAX_DEPTH} levels");
        Err(vec![*self.too_deep(0, self.text.len(), headline)])
    }
}

/// Reads `text` as `rule`: the limits and foreign forms first, then the grammar.
fn read<'a>(
    rule: Rule,
    text: &'a str,
    span_of: &'a dyn Fn(usize, usize) -> Span,
) -> Result<(Builder<'a>, Pair<'a, Rule>), Failed> {
    let builder = Builder { text, span_of };
    if text.len() > MAX_BYTES {
        let headline = format!("a formula of more than {} KB", MAX_BYTES / 1024);
        return Err(vec![*builder.too_deep(0, text.len(), headline)]);
    }
    let tokens = scan::scan(builder)?;
    let failed = match FormulaParser::parse(rule, text) {
        Ok(mut pairs) => return pairs.next().map(|p| (builder, p)).ok_or_else(|| vec![*builder.lost()]),
        Err(failed) => failed,
    };
    Err(vec![failure::explain(builder, &tokens, &failed)])
}
