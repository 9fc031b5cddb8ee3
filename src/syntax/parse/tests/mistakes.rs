//! One row per mistake: what it says, and that its fix mends it.

use super::read;
use crate::syntax::print;

#[test]
fn each_mistake_has_one_message() {
    // Formula, code, what its headline or labels hold, the replacement of the fix ("-" for none).
    for (text, code, says, fix) in [
        ("a == b", "E0202", "expected `=`", "="),
        ("a <> b", "E0202", "expected `!=`", "!="),
        ("a && b", "E0202", "expected `and`", "and"),
        ("a||b", "E0202", "expected `or`", " or "),
        ("!a", "E0202", "expected `not`", "not "),
        ("a >= 1 ≤ 2", "E0202", "expected `<=`", "<="),
        ("=a + 1", "E0202", "expected a value", ""),
        ("if(a; b)", "E0202", "`;` between arguments", ","),
        ("a ? b", "E0202", "not an operator", "-"),
        ("1,5", "E0204", "`1,5` is not a number", "1.5"),
        ("a * (1,5)", "E0204", "`1,5` is not a number", "1.5"),
        ("1,000", "E0204", "thousands?", "-"),
        ("2026-01", "E0204", "can be a month or a difference", "-"),
        ("x > 2026-01 and y", "E0204", "can be a month", "-"),
        ("2026-Q1", "E0204", "a period", "-"),
        ("2026-02-30", "E0204", "no such day", "-"),
        ("2026-1-31", "E0204", "four, two and two", "-"),
        ("2026-01-31T9:30", "E0204", "a time is", "-"),
        ("x > 2026-01-31 09:30 and y", "E0204", "expected `T`", "2026-01-31T09:30"),
        ("x > 2026-01-31 10", "E0204", "expected `T`", "-"),
        ("count(*)", "E0206", "expected a source", "-"),
        ("count(distinct x)", "E0206", "count_distinct(", "count_distinct("),
        ("COUNT(DISTINCT x)", "E0206", "count_distinct(", "count_distinct("),
        ("x is null", "E0202", "expected `is missing`", "is missing"),
        ("x IS NOT NULL", "E0202", "expected `is not missing`", "is not missing"),
        ("x is not null and y", "E0202", "expected `is not missing`", "is not missing"),
        ("x = null", "E0202", "expected `is missing`", "is missing"),
        ("x != NULL or y", "E0202", "expected `is not missing`", "is not missing"),
        ("x like '%won%'", "E0202", "expected `contains \"won\"`", "contains \"won\""),
        ("x LIKE y", "E0202", "expected a test of a text", "-"),
        ("case when a then b else c end", "E0202", "expected `if(`", "-"),
        ("CASE x WHEN 1 THEN 2 END", "E0202", "expected `if(`", "-"),
        ("if a then b", "E0206", "expected `(`", "-"),
        ("a AND b", "E0202", "expected `and`", "and"),
        ("NOT a", "E0202", "expected `not`", "not"),
        ("x = “won”", "E0202", "straight quotes", "\"won\""),
        ("x = ’won", "E0202", "straight quote", "-"),
        ("x = 'won", "E0201", "a text that is not closed", "-"),
        ("x = \"a\nb\"", "E0201", "a text that is not closed", "-"),
        ("`a", "E0201", "a name that is not closed", "-"),
        ("sum(a", "E0201", "opened here", "-"),
        ("sum(a))", "E0201", "closes nothing", "-"),
        ("a < b < c", "E0203", "comparisons do not chain", "-"),
        ("a = b is missing", "E0203", "comparisons do not chain", "-"),
        ("(x over last 3 months) over last 2 months", "E0207", "a window inside a window", "-"),
        ("x over last 3 months year to date", "E0207", "a window inside a window", "-"),
        ("a b", "E0201", "expected an operator, found `b`", "-"),
        ("a +", "E0201", "expected a value, but the formula ends", "-"),
        ("a + * b", "E0201", "expected a value, found `*`", "-"),
        ("sum(a b)", "E0201", "expected an operator or `)`, found `b`", "-"),
        ("", "E0201", "an empty formula", "-"),
        ("()", "E0201", "expected a value, found `)`", "-"),
        ("sum(a where )", "E0201", "expected a value, found `)`", "-"),
        ("sum(a on 3)", "E0201", "expected a name, found `3`", "-"),
        ("x is ontrack", "E0201", "`missing` or a status", "-"),
        ("x over last month", "E0201", "expected a whole number, found `month`", "-"),
        ("x over last 3 hours", "E0201", "expected `days`", "-"),
        ("x over last 0 days", "E0201", "a window of no length", "-"),
        ("x in \"a\"", "E0201", "expected `(`", "-"),
        ("x between 1 or 2", "E0201", "`and`, found `or`", "-"),
        ("a = not b", "E0201", "expected a value, found `not`", "-"),
        ("x where y", "E0201", "found `where`", "-"),
        ("a % b", "E0202", "`%` between two values", "-"),
        ("5 % 3", "E0202", "`%` between two values", "-"),
        ("1200EUR", "E0201", "a number that runs into `EUR`", "1200 EUR"),
        ("1e6", "E0201", "a number that runs into `e6`", "-"),
        ("2024_total", "E0201", "a number that runs into", "-"),
        ("a.b(c)", "E0201", "a function's name has no dots", "-"),
        ("[Account ID] > 1", "E0202", "expected backticks", "`Account ID`"),
        (".5", "E0201", "expected a value, found `.`", "-"),
    ] {
        let problems = match read(text) {
            Ok(tree) => panic!("{text} parses as {}", print(&tree)),
            Err(problems) => problems,
        };
        let problem = &problems[0];
        assert_eq!(problems.len(), 1, "{text}\n{problems:#?}");
        assert_eq!(problem.code.id, code, "{text}\n{problem:#?}");
        let shown =
            format!("{} {:?}", problem.headline, problem.labels.iter().map(|l| &l.text).collect::<Vec<_>>());
        assert!(shown.replace("\\\"", "\"").contains(says), "{text}\n{problem:#?}");
        assert_eq!(problem.fix.as_ref().map_or("-", |f| f.replacement.as_str()), fix, "{text}");
        if let Some(fix) = &problem.fix {
            let mended = format!(
                "{}{}{}",
                &text[..fix.span.start as usize],
                fix.replacement,
                &text[fix.span.end as usize..]
            );
            let again = read(&mended);
            let same = again.as_ref().err().is_some_and(|again| again[0].headline == problem.headline);
            assert!(!same, "{text} -> {mended}");
        }
    }
}
