//! The parts of `docs/` that are generated (between `<!-- generated: ... -->` and `<!-- end -->`) say what
//! the tables in the code say; `UPDATE=1` writes them.

use crate::{Outcome, check_pages, diff, root, updating};

const START: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

pub fn parts_are_current() -> Outcome {
    let mut problems = Vec::new();
    let mut parts = vec![
        ("docs/functions.md".to_owned(), "functions", rumbo::function_reference()),
        ("docs/catalogue.md".to_owned(), "catalogue", rumbo::catalogue_reference()),
        ("docs/checks.md".to_owned(), "checks", rumbo::check_reference(&check_pages::asks)),
        ("docs/rule-files.md".to_owned(), "rule-file reference", rumbo::rule_file_reference()),
    ];
    for check in rumbo::standard_checks() {
        parts.push((check_pages::page(&check.name), "check", check.page));
    }
    for (file, name, text) in parts {
        let path = root().join(&file);
        // A check without a page is told by the test of those.
        let Ok(page) = std::fs::read_to_string(&path) else { continue };
        let start = format!("{START}{name} -->\n");
        let split = page.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
        let Some((before, (part, after))) = split else {
            problems.push(format!("{file} has no `{}`", start.trim()));
            continue;
        };
        // The page has a title of its own.
        let text = text.lines().filter(|l| !l.starts_with("# ")).collect::<Vec<_>>().join("\n");
        let wanted = format!("\n{}\n\n", text.trim());
        if part == wanted {
            continue;
        }
        if updating() {
            std::fs::write(&path, format!("{before}{start}{wanted}{END}{after}"))?;
        } else {
            problems.push(format!(
                "{file} differs from the tables (`UPDATE=1` writes it)\n{}",
                diff::lines(part, &wanted)
            ));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}
