//! `waivers:` -> the waivers of each rule.

use super::day;
use crate::diagnostic::near::did_you_mean;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::rules::Waiver;
use crate::resolve::Resolver;

impl Resolver<'_> {
    /// The waivers, after all rules.
    pub(super) fn waivers(&mut self) {
        let raw = self.raw;
        for written in &raw.waivers {
            let name = &written.rule.node;
            let Some(place) = self.model.rules.iter().position(|r| r.name == *name) else {
                // A rule with an error of its own has been reported.
                if !raw.rules.contains_key(name) {
                    let mut problem =
                        Diagnostic::new(&codes::UNKNOWN_NAME, format!("no rule is named `{name}`"))
                            .at(written.rule.span, "unknown rule");
                    problem.help = did_you_mean(name, raw.rules.keys().map(String::as_str));
                    self.report(problem);
                }
                continue;
            };
            let shown = self.model.rules[place].shown.clone();
            let mut at = vec![None; shown.len()];
            for (dimension, member) in &written.at {
                match shown.iter().position(|s| *s == dimension.node) {
                    Some(found) => at[found] = Some(member.node.clone()),
                    None => {
                        let whom = match shown.as_slice() {
                            [] => "the rule judges the whole: leave `at:` out".to_owned(),
                            all => format!("the rule judges each {}", all.join(", ")),
                        };
                        self.report(
                            Diagnostic::new(
                                &codes::UNKNOWN_NAME,
                                format!("`{name}` is not judged for each `{}`", dimension.node),
                            )
                            .at(dimension.span, "unknown here")
                            .help(whom),
                        );
                    }
                }
            }
            let waiver = Waiver {
                at,
                until: day(written.until.as_ref()),
                reason: written.reason.as_ref().map(|r| r.node.clone()),
                owner: written.owner.as_ref().map(|o| o.node.clone()),
                span: written.span,
            };
            self.model.rules[place].waivers.push(waiver);
        }
    }
}
