//! Formula fields -> trees. Plain and block scalars are parsed from the raw bytes of the file, so that
//! offsets are the file's; quoted ones by their value. A formula that YAML handed over cut is E0102.

use std::borrow::Cow;

use super::{At, Decoder, Value};
use crate::diagnostic::{Diagnostic, codes};
use crate::rulefile::node::{Entry, Node, NodeKind, Scalar, Shape, Style};
use crate::rulefile::raw::Formula;
use crate::rulefile::tables::{Kind, is_formula_key};
use crate::rulefile::{broken, cut, flow};
use crate::source::{Span, Spanned};
use crate::syntax::{self, FunctionHead, ast};

type Parsed = Result<ast::Expr, Vec<Diagnostic>>;

impl Decoder<'_> {
    /// A formula; `None` only where there is none, a wrong one has no tree.
    pub fn formula(&mut self, node: &Node, at: At<'_>) -> Option<Formula> {
        let NodeKind::Scalar(scalar) = &node.kind else {
            self.not_a_formula(node, &Kind::Formula, at);
            return None;
        };
        if node.is_null() {
            return self.wrong(node, &Kind::Formula, at);
        }
        if scalar.tagged || (scalar.style == Style::Block && scalar.text.trim().is_empty()) {
            let line = self.line_of(node.span.start as usize, at);
            self.cut(&line, "to YAML a value that begins like this is something else");
            return Some(Formula { expr: None, span: node.span });
        }
        let expr = match self.parse(scalar, node.span) {
            Ok(expr) => Some(expr),
            Err(problems) => {
                self.explain(scalar, node.span, problems);
                None
            }
        };
        Some(Formula { expr, span: node.span })
    }

    /// A constant: what parses as a literal is one, any other text is a text, but for what computes.
    pub fn literal(&mut self, node: &Node, at: At<'_>) -> Option<Formula> {
        let NodeKind::Scalar(scalar) = &node.kind else { return self.wrong(node, &Kind::Literal, at) };
        if node.is_null() {
            return self.wrong(node, &Kind::Literal, at);
        }
        let parsed = (scalar.style == Style::Plain).then(|| self.parse(scalar, node.span).ok()).flatten();
        if let Some(names) = parsed.as_ref().and_then(|expr| computes(expr, &scalar.text)) {
            let name = at.key;
            let mut problem =
                Diagnostic::new(&codes::WRONG_TYPE, format!("the parameter `{name}` is no plain value"))
                    .at(node.span, "a number, text, date or truth value is expected");
            if names {
                problem =
                    problem.help(format!("a text stands in quotes here: `{}`", cut::quoted(&scalar.text)));
            }
            self.diags.push(problem);
            return Some(Formula { expr: None, span: node.span });
        }
        let text = || ast::Expr {
            kind: ast::ExprKind::Literal(ast::Literal::Text(scalar.text.clone())),
            span: node.span,
        };
        Some(Formula { expr: Some(parsed.filter(is_literal).unwrap_or_else(text)), span: node.span })
    }

    /// The head of a function: `margin(x, cost)`.
    pub fn head(&mut self, key: &Spanned<String>) -> Option<FunctionHead> {
        let start = key.span.start as usize;
        // A quoted key begins one byte later; without escapes the rest is byte by byte.
        let raw = self.text.get(start..key.span.end as usize).unwrap_or("");
        let base = start + usize::from(raw.starts_with(['"', '\'']));
        let whole = key.span;
        let exact = raw.contains(key.node.as_str());
        let place = |from, to| if exact { Span::new(whole.file, base + from, base + to) } else { whole };
        syntax::parse_head(&key.node, &place).map_err(|problems| self.diags.extend(problems)).ok()
    }

    fn parse(&self, scalar: &Scalar, span: Span) -> Parsed {
        let raw = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        if scalar.style != Style::Quoted {
            return syntax::parse(raw, self.file, span.start as usize);
        }
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
        if inner == scalar.text {
            return syntax::parse(&scalar.text, self.file, span.start as usize + 1);
        }
        syntax::parse_mapped(&scalar.text, &|_, _| span)
    }

    /// Tells what is wrong with a formula, or that YAML took its end for a comment.
    fn explain(&mut self, scalar: &Scalar, span: Span, problems: Vec<Diagnostic>) {
        let (start, end) = (span.start as usize, span.end as usize);
        let rest = self.text.get(end..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        let comment = line.trim_start().starts_with('#') && line.starts_with([' ', '\t']);
        if scalar.style == Style::Plain && comment {
            let whole = start..end + line.trim_end().len();
            let text = &self.text[whole.clone()];
            let open = ['"', '\''].iter().any(|q| scalar.text.matches(*q).count() % 2 == 1);
            if open || syntax::parse(text, self.file, start).is_ok() {
                self.diags.push(cut::formula_cut(
                    self.file,
                    self.text,
                    &whole,
                    "YAML reads ` #` as the start of a comment",
                ));
                return;
            }
        }
        let line = &self.text[self.text[..start].rfind('\n').map_or(0, |i| i + 1)..start];
        let glued = (scalar.style == Style::Plain && line.trim().is_empty())
            .then(|| broken::missing_space(self.file, &self.text[..end], start))
            .flatten();
        match glued {
            Some(glued) => self.diags.push(glued),
            None => self.diags.extend(problems),
        }
    }

    /// A list or mapping where a formula stands: mostly one that begins with `[` or `{`.
    pub fn not_a_formula(&mut self, node: &Node, kind: &Kind, at: At<'_>) -> Option<Value> {
        if let NodeKind::Sequence(_, Shape::Flow) | NodeKind::Mapping(_, Shape::Flow) = node.kind {
            let first =
                self.text.get(node.span.start as usize..).and_then(|t| t.chars().next()).unwrap_or('[');
            let range = node.span.start as usize..node.span.end as usize;
            let reason = format!("to YAML a value that begins with `{first}` is {}", node.describe());
            self.cut(&range, &reason);
            return None;
        }
        self.wrong(node, kind, at)
    }

    fn cut(&mut self, range: &std::ops::Range<usize>, reason: &str) {
        self.diags.push(cut::formula_cut(self.file, self.text, range, reason));
    }

    /// The value as typed, from after the key to the end of the line.
    fn line_of(&self, start: usize, at: At<'_>) -> std::ops::Range<usize> {
        let after = at.span.end as usize;
        let rest = self.text.get(after..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        match line.find(':') {
            Some(colon) if after <= start => {
                let value = &line[colon + 1..];
                let lead = value.len() - value.trim_start().len();
                let (from, mut to) = (after + colon + 1 + lead, after + line.trim_end().len());
                if at.flow {
                    to = flow::value_end(self.text, from, to.max(from), true);
                }
                from..to.max(from)
            }
            _ => start..start,
        }
    }

    /// The entries of a mapping, with formulas that a comma inside `{ }` cut reported and left out.
    pub fn whole<'e>(&mut self, entries: &'e [Entry], shape: Shape) -> Cow<'e, [Entry]> {
        let text = self.text;
        let is_stray = |e: &Entry| {
            let after = text.get(e.key.span.end as usize..).unwrap_or("").trim_start();
            e.value.is_empty() && !after.starts_with(':')
        };
        if shape == Shape::Block || !entries.iter().any(is_stray) {
            return Cow::Borrowed(entries);
        }
        let mut kept: Vec<Entry> = Vec::new();
        let mut reach: Option<(usize, usize)> = None;
        let mut head: Option<usize> = None;
        for entry in entries {
            // The head of a function, `{f(x, y): ...}`, is cut as well: it ends with the first `)`.
            let opens = |e: &Entry| e.key.node.matches('(').count() > e.key.node.matches(')').count();
            if let Some(from) =
                head.or_else(|| (is_stray(entry) && opens(entry)).then_some(entry.key.span.start as usize))
            {
                head = Some(from);
                if entry.key.node.contains(')') {
                    self.cut(&(from..entry.key.span.end as usize), "inside `{ }` a comma ends the key");
                    head = None;
                }
                continue;
            }
            let so_far = reach.map(|(from, to)| text.get(from..to).unwrap_or(""));
            let before = kept.last_mut().filter(|b| is_stray(entry) && cut_before(b, so_far));
            let Some(before) = before else {
                self.report(reach.take());
                kept.push(entry.clone());
                continue;
            };
            let from = reach.map_or(before.value.span.start as usize, |r| r.0);
            before.value.kind = NodeKind::Broken;
            reach = Some((from, entry.key.span.end as usize));
        }
        self.report(reach);
        Cow::Owned(kept)
    }

    fn report(&mut self, reach: Option<(usize, usize)>) {
        if let Some((from, to)) = reach {
            self.cut(&(from..to), "inside `{ }` a comma ends the value");
        }
    }
}

/// Whether a stray piece after this entry is the rest of its formula: a comma stands in brackets or in a
/// text, so one of them is open. `so_far` is what has been put together of it.
fn cut_before(entry: &Entry, so_far: Option<&str>) -> bool {
    let text = match (&entry.value.kind, so_far) {
        (_, Some(text)) => text,
        (NodeKind::Scalar(s), None) if s.style == Style::Plain => &s.text,
        _ => return false,
    };
    let count = |c: char| text.matches(c).count();
    count('(') > count(')')
        || count('"') % 2 == 1
        || (is_formula_key(&entry.key.node) && count('\'') % 2 == 1)
}

/// Whether a formula is more than a constant or a name, and then whether it holds names: `key-accounts`
/// is a text, `2 * 3` none.
fn computes(expr: &ast::Expr, text: &str) -> Option<bool> {
    let mut names = false;
    syntax::walk::walk(expr, &mut |e| names |= matches!(e.kind, ast::ExprKind::Name(_)));
    let one_word = names && !text.contains(|c: char| c.is_whitespace() || c == '(');
    let plain = is_literal(expr) || one_word || matches!(expr.kind, ast::ExprKind::Name(_));
    (!plain).then_some(names)
}

/// Whether a formula is a constant as rule files write it.
pub fn is_literal(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ast::ExprKind::Literal(_) => true,
        ast::ExprKind::Unary { op: ast::UnaryOp::Minus | ast::UnaryOp::Plus, operand, .. } => {
            matches!(operand.kind, ast::ExprKind::Literal(_))
        }
        _ => false,
    }
}
