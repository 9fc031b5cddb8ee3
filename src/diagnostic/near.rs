//! "Did you mean": the nearest of the valid names, offered only when it is close enough to be a slip
//! of the keyboard; otherwise the valid names themselves.

/// The valid name nearest to `name`, if no further than a third of its length (at least one slip).
pub fn nearest<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (name.chars().count() / 3).max(1);
    valid
        .into_iter()
        .map(|v| (strsim::damerau_levenshtein(&wanted, &v.to_lowercase()), v))
        .filter(|(d, _)| *d <= limit)
        .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
        .map(|(_, v)| v)
}

/// Help for an unknown name: the nearest valid one, or up to twelve of the valid ones.
pub fn did_you_mean<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut valid: Vec<&str> = valid.into_iter().collect();
    if let Some(near) = nearest(name, valid.iter().copied()) {
        return Some(format!("a near name exists: `{near}`"));
    }
    valid.sort_unstable();
    valid.dedup();
    if valid.is_empty() {
        return None;
    }
    let more = valid.len().saturating_sub(12);
    let shown: Vec<String> = valid.iter().take(12).map(|v| format!("`{v}`")).collect();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("valid here: {}{tail}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_offered_and_a_stranger_is_not() {
        assert_eq!(nearest("revenu", ["revenue", "leads"]), Some("revenue"));
        assert_eq!(nearest("nps", ["revenue", "leads"]), None);
        assert_eq!(did_you_mean("zzz", ["b", "a"]).as_deref(), Some("valid here: `a`, `b`"));
    }
}
