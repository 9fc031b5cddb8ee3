//! Row formulas (`columns: {x: {formula: ...}}`) and `valid`: typed on demand, in whatever order they
//! read each other; a loop is an error that prints it.

use std::collections::HashMap;
use std::sync::Arc;

use super::Resolver;
use super::lower::lower;
use super::rows::RowScope;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::expr::{Kind, RowExpr, RowLeaf, Value};
use crate::model::project::SourceId;
use crate::model::types::{Type, Unit};
use crate::rulefile::raw::RawColumn;

/// The parts of a row formula, the columns that it reads opened up.
const HEAVIEST: usize = 1_000;

/// How far each column with a formula is.
#[derive(Default)]
pub(super) struct States {
    done: HashMap<(usize, usize), bool>,
    /// How many parts each formula comes to with the columns that it reads opened up.
    weights: HashMap<(usize, usize), usize>,
    /// Columns being typed, outermost first.
    open: Vec<(SourceId, usize)>,
}

impl Resolver<'_> {
    pub(super) fn row_formulas(&mut self) {
        let raw = self.raw;
        for (index, source) in raw.sources.values().enumerate() {
            for name in source.columns.keys() {
                if let Some(column) = self.model.sources[index].column_named(name) {
                    self.column_formula(SourceId(index), column);
                }
            }
        }
        for (index, source) in raw.sources.values().enumerate() {
            for (name, column) in &source.columns {
                self.valid(SourceId(index), name, column);
            }
        }
    }

    /// Makes sure that a column's formula is typed before it is read.
    pub(super) fn column_formula(&mut self, source: SourceId, column: usize) {
        let raw = self.raw;
        if self.columns.done.contains_key(&(source.0, column)) {
            return;
        }
        let name = self.model.source(source).columns[column].name.clone();
        let declared = raw.sources.get(self.source_name(source)).and_then(|s| s.columns.get(&name));
        let Some((declared, formula)) = declared.and_then(|d| d.formula.as_ref().map(|f| (d, f))) else {
            self.columns.done.insert((source.0, column), true);
            return;
        };
        if let Some(at) = self.columns.open.iter().position(|c| *c == (source, column)) {
            self.column_loop(at, declared);
            return;
        }
        self.columns.open.push((source, column));
        let typed =
            formula.expr.as_ref().map(|expr| lower(self, &mut RowScope::own(source).in_column(), expr));
        self.columns.open.pop();
        self.columns.done.insert((source.0, column), true);
        let Some(mut typed) = typed else { return };
        if !self.not_too_heavy(source, column, &typed) {
            typed = super::lower::poison(typed.span);
        }
        let target = &mut self.model.sources[source.0].columns[column];
        if target.formula.is_none() {
            target.ty = typed.ty;
            if target.unit.is_none() {
                target.unit = typed.unit.clone();
            }
            target.formula = Some(Arc::new(typed));
        }
    }

    /// Formulas are opened up where they are read, so one that reads another twice doubles it.
    fn not_too_heavy(&mut self, source: SourceId, column: usize, formula: &RowExpr) -> bool {
        let mut weight = 0usize;
        let mut below = vec![formula];
        while let Some(expr) = below.pop() {
            weight = weight.saturating_add(1);
            below.extend(expr.children());
        }
        formula.leaves(&mut |leaf| {
            let RowLeaf::Column(leaf) = leaf else { return };
            let at = self.model.target(source, &leaf.hops);
            weight =
                weight.saturating_add(self.columns.weights.get(&(at.0, leaf.column)).copied().unwrap_or(0));
        });
        self.columns.weights.insert((source.0, column), weight);
        if weight > HEAVIEST {
            let name = self.model.source(source).columns[column].name.clone();
            self.report(
                Diagnostic::new(&codes::TOO_DEEP, format!("`{name}` comes to {weight} parts"))
                    .at(formula.span, format!("more than {HEAVIEST} with the formulas that it reads")),
            );
        }
        weight <= HEAVIEST
    }

    fn column_loop(&mut self, from: usize, again: &RawColumn) {
        let members = self.columns.open[from..].to_vec();
        let mut names: Vec<String> =
            members.iter().map(|(s, c)| self.model.source(*s).columns[*c].name.clone()).collect();
        names.push(names[0].clone());
        let mut diagnostic = Diagnostic::new(&codes::CYCLE, "columns that form a cycle")
            .at(again.name.span, "a value that would need itself")
            .note(format!("cycle: {}", names.join(" -> ")));
        for (source, column) in members.iter().skip(1) {
            let source = self.model.source(*source);
            let raw =
                self.raw.sources.get(&source.name).and_then(|s| s.columns.get(&source.columns[*column].name));
            if let Some(raw) = raw {
                diagnostic = diagnostic.also(raw.name.span, "by way of this one");
            }
        }
        self.report(diagnostic);
        // What reads it must not report the same loop again.
        for (source, column) in members {
            self.columns.done.insert((source.0, column), false);
            let target = &mut self.model.sources[source.0].columns[column];
            target.ty = Type::Unknown;
            target.formula = Some(Arc::new(crate::model::expr::Expr {
                kind: Kind::Literal(Value::Missing),
                ty: Type::Unknown,
                unit: Unit::none(),
                span: again.name.span,
            }));
        }
    }

    fn valid(&mut self, source: SourceId, name: &str, raw: &RawColumn) {
        let Some(expr) = raw.valid.as_ref().and_then(|v| v.expr.as_ref()) else { return };
        let Some(column) = self.model.source(source).column_named(name) else { return };
        if raw.formula.is_some() {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, format!("`valid` on the formula `{name}`"))
                    .at(expr.span, "a condition on a column of the file is expected")
                    .help(
                        "`valid` of the columns that the formula reads, or a condition in the formula itself",
                    ),
            );
            return;
        }
        let mut scope = RowScope::own(source).timeless();
        let typed = lower(self, &mut scope, expr);
        if !matches!(typed.ty, Type::Boolean | Type::Unknown) {
            self.report(
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    format!("`valid` is {}, not a condition", super::lower::a(typed.ty)),
                )
                .at(expr.span, format!("{}", typed.ty))
                .help(format!("a condition on the column: `{name} between 0 and 10`")),
            );
            return;
        }
        let mut reads_formula = false;
        typed.leaves(&mut |leaf| {
            reads_formula |= matches!(leaf, RowLeaf::Column(leaf) if !leaf.hops.is_empty());
        });
        if reads_formula {
            self.report(
                Diagnostic::new(&codes::WRONG_ARGUMENTS, "`valid` reads another source")
                    .at(expr.span, "a condition on this source's own columns is expected"),
            );
            return;
        }
        self.model.sources[source.0].columns[column].valid = Some(Arc::new(typed));
    }
}
