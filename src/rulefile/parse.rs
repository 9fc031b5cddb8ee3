//! The text of a rule file -> its tree. Where YAML refuses a formula, the formula is told, blotted out, and
//! the rest is read all the same, so that one run tells all of them.

use std::borrow::Cow;
use std::ops::Range;

use super::node::Node;
use super::tree::Builder;
use super::{broken, cut};
use crate::diagnostic::Diagnostics;
use crate::source::FileId;

/// Formulas cut by YAML that are reported in one file before giving up.
const MAX_REPAIRS: usize = 20;
/// Larger files are not read again to find a second cut formula.
const MAX_REPAIR_BYTES: usize = 256 * 1024;

/// The tree of a file's text; `None` where YAML cannot read it (which is reported).
pub fn parse(file: FileId, text: &str, diags: &mut Diagnostics) -> Option<Node> {
    let mut masked: Vec<Range<usize>> = Vec::new();
    let mut work = Cow::Borrowed(text);
    loop {
        let mut found = Diagnostics::new();
        let result = Builder::new(file, &work, &masked, &mut found).run();
        let failure = match result {
            Ok(node) => {
                diags.extend(found);
                return Some(node);
            }
            Err(failure) => failure,
        };
        let explained = broken::explain(file, text, &work, failure);
        // After a repair only further cut formulas are believed: the rest may follow from the repair.
        if masked.is_empty() || explained.cut.is_some() {
            diags.push(explained.diagnostic);
        }
        let cut = explained.cut?;
        let again = masked.iter().any(|m| m.start <= cut.start && cut.start < m.end);
        if again || masked.len() >= MAX_REPAIRS || text.len() > MAX_REPAIR_BYTES {
            return None;
        }
        work = cut::mask(&work, &cut).into();
        masked.push(cut);
    }
}
