//! Kernels of `contains`, `starts with`, `ends with` and `matches`: by code point and case. A pattern that
//! comes from a column and is no regular expression gives missing.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use regex::Regex;

use super::TextTest;
use crate::functions::Failure;
use crate::functions::arrays::texts;

/// `left test right`.
pub fn test(op: TextTest, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef, Failure> {
    let (texts, patterns) = (texts(left)?, texts(right)?);
    let rows = || texts.iter().zip(patterns.iter());
    let result: BooleanArray = match op {
        TextTest::Contains => rows().map(|(t, p)| Some(t?.contains(p?))).collect(),
        TextTest::StartsWith => rows().map(|(t, p)| Some(t?.starts_with(p?))).collect(),
        TextTest::EndsWith => rows().map(|(t, p)| Some(t?.ends_with(p?))).collect(),
        TextTest::Matches => {
            // Nearly always one pattern for all rows: compiled when it changes.
            let mut last: Option<(String, Option<Regex>)> = None;
            rows()
                .map(|(text, pattern)| {
                    let (text, pattern) = (text?, pattern?);
                    if last.as_ref().is_none_or(|(known, _)| known != pattern) {
                        last = Some((pattern.to_owned(), Regex::new(pattern).ok()));
                    }
                    let (_, regex) = last.as_ref()?;
                    Some(regex.as_ref()?.is_match(text))
                })
                .collect()
        }
    };
    Ok(Arc::new(result))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, StringArray, StringViewArray};

    use super::*;

    #[test]
    fn tests_of_texts() {
        let left: ArrayRef = Arc::new(StringViewArray::from(vec![Some("Straße 12"), None, Some("a")]));
        let right = |p: &str| Arc::new(StringArray::from(vec![p; 3])) as ArrayRef;
        let first = |op, p| {
            let result = test(op, &left, &right(p)).unwrap();
            assert!(result.is_null(1));
            result.is_valid(0).then(|| result.as_boolean().value(0))
        };
        assert_eq!(first(TextTest::Contains, "aß"), Some(true));
        assert_eq!(first(TextTest::Contains, "STR"), Some(false));
        assert_eq!(first(TextTest::StartsWith, "Str"), Some(true));
        assert_eq!(first(TextTest::EndsWith, "12"), Some(true));
        assert_eq!(first(TextTest::Matches, r"^\w+ \d+$"), Some(true));
        assert_eq!(first(TextTest::Matches, "("), None);
    }

    #[test]
    fn bad_patterns_are_named() {}
}
