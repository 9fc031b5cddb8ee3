//! CSV as people align it in rule files -> CSV as the reader takes it: spaces around cells go, what stands
//! in quotes stays. Lines stay lines, so that a problem has its line.

/// The text without the spaces around its cells.
pub fn trimmed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let end = if rest.starts_with('"') { quoted(rest) } else { 0 };
        let stop = rest[end..].find([',', '\n']).map_or(rest.len(), |at| end + at);
        out.push_str(rest[..stop].trim_end_matches([' ', '\t', '\r']));
        let Some(delimiter) = rest[stop..].chars().next() else { return out };
        out.push(delimiter);
        rest = &rest[stop + 1..];
    }
}

/// Where a quoted cell ends.
fn quoted(text: &str) -> usize {
    let mut at = 1;
    while let Some(quote) = text[at..].find('"') {
        at += quote + 1;
        if !text[at..].starts_with('"') {
            return at;
        }
        at += 1;
    }
    // The reader tells of a quote that does not close.
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_around_cells_go() {
        assert_eq!(trimmed("a,   b\nx ,\t1 \r\n\" y, z\"  , 2\n"), "a,b\nx,1\n\" y, z\",2\n");
        assert_eq!(trimmed("a\n\"p\nq\"\"\" , \"open"), "a\n\"p\nq\"\"\",\"open");
        assert_eq!(trimmed(""), "");
        assert_eq!(trimmed("ñ, é\n,"), "ñ,é\n,");
    }
}
