//! Numbers, dates and what looks like one of them: `2026-01` (a sum?), `1200EUR`, `2026-02-30`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::scan::{Kind, Scanner};
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::ast::Literal;
use crate::syntax::words;

/// Reads the number or date at `at`, and returns where it ends.
pub(super) fn number(scanner: &mut Scanner<'_>, at: usize) -> usize {
    let rest = scanner.rest(at);
    if let Some(end) = instant(scanner, at, rest) {
        return end;
    }
    let mut length = digits(rest);
    if rest[length..].starts_with('.') && rest[length + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        length += 1 + digits(&rest[length + 1..]);
    }
    let tail = &rest[length..];
    let word = &tail[..tail.find(|c| !words::continues(c)).unwrap_or(tail.len())];
    if !word.is_empty() {
        run_together(scanner, at, length, word);
    }
    scanner.push(Kind::Number, at, at + length + word.len())
}

/// Digits with single underscores between them.
fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) || (end > 0 && bytes.get(end) == Some(&b'_') && digit(end + 1)) {
        end += 1;
    }
    end
}

fn run_together(scanner: &mut Scanner<'_>, at: usize, length: usize, word: &str) {
    let place = scanner.builder.at(at, at + length + word.len());
    let number = scanner.builder.slice(at, at + length);
    let problem = Diagnostic::new(&codes::FORMULA_SYNTAX, format!("a number that runs into `{word}`"));
    let currency = word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    let power =
        word.strip_prefix(['e', 'E']).filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    scanner.problems.push(if let Some(power) = power {
        problem.at(place, "").help(format!("a power of ten is written `{number} * 10 ^ {power}`"))
    } else if currency || words::duration_unit(word).is_some() {
        problem
            .at(place, "a space belongs between a number and its unit")
            .fix(place, format!("{number} {word}"))
    } else if word.starts_with('_') && word.bytes().all(|b| b == b'_' || b.is_ascii_digit()) {
        problem.at(place, "an underscore stands between two digits")
    } else {
        problem
            .at(place, "")
            .help(format!("a name that starts with a digit stands in backticks: `` `{number}{word}` ``"))
    });
}

/// A date or date-time; also what was meant as one, with its problem. Nothing if it is a number.
fn instant(scanner: &mut Scanner<'_>, at: usize, rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let run = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    if run(0) != 4 || bytes.get(4) != Some(&b'-') {
        return None;
    }
    let second = run(5);
    if second == 0 {
        return period_label(scanner, at, rest);
    }
    let third = if bytes.get(5 + second) == Some(&b'-') { run(6 + second) } else { 0 };
    if third == 0 || second > 2 || third > 2 {
        return month(scanner, at, rest, second);
    }
    let date_end = 6 + second + third;
    let time = &rest[date_end..];
    let end = if time.starts_with('T') {
        let more =
            time.find(|c: char| !(words::continues(c) || matches!(c, ':' | '.'))).unwrap_or(time.len());
        date_end + more + offset(&time[more..], &time[..more])
    } else {
        date_end + time.find(|c| !words::continues(c)).unwrap_or(time.len())
    };
    if let Some(more) = spaced_time(&rest[end..]).filter(|_| !time.starts_with('T')) {
        let place = scanner.builder.at(at, at + end + more);
        let right = format!("{}T{}", &rest[..end], rest[end..end + more].trim_start());
        scanner.problems.push(
            Diagnostic::new(&codes::AMBIGUOUS_NUMBER, "a date and a time with a space between them")
                .at(place, "expected `T` between date and time")
                .fix(place, right),
        );
        return Some(scanner.push(Kind::Instant, at, at + end + more));
    }
    let written = &rest[..end];
    if let Err(why) = read_instant(written) {
        scanner.problems.push(
            Diagnostic::new(&codes::AMBIGUOUS_NUMBER, format!("`{written}` is not a date"))
                .at(scanner.builder.at(at, at + end), why)
                .help("a date is `2026-01-31`, with a time `2026-01-31T09:30` (also `:15.5`, then `Z` or `+01:00`)"),
        );
    }
    Some(scanner.push(Kind::Instant, at, at + end))
}

/// The length of ` 09:30` after a date, if that is what follows.
fn spaced_time(rest: &str) -> Option<usize> {
    let time = rest.trim_start_matches(' ');
    let shape = time.get(..5).is_some_and(|t| shaped(t, "00:00"));
    let length = time.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(time.len());
    (shape && time.len() < rest.len()).then(|| rest.len() - time.len() + length)
}

/// The length of `+01:00` after a time; none if it is the sign of a sum.
fn offset(rest: &str, time: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let shaped =
        matches!(bytes.first(), Some(b'+' | b'-')) && digit(1) && digit(2) && bytes.get(3) == Some(&b':');
    if !shaped || time.ends_with('Z') {
        return 0;
    }
    4 + rest[4..].find(|c| !words::continues(c)).unwrap_or(rest.len() - 4)
}

/// `2026-01`: most likely a month, by the grammar a difference.
fn month(scanner: &mut Scanner<'_>, at: usize, rest: &str, digits: usize) -> Option<usize> {
    let month: u32 = rest.get(5..7)?.parse().ok().filter(|m| (1..=12).contains(m) && digits == 2)?;
    if rest[7..].starts_with(words::continues) {
        return None;
    }
    let (year, two) = (&rest[..4], &rest[5..7]);
    let place = scanner.builder.at(at, at + 7);
    scanner.problems.push(
        Diagnostic::new(&codes::AMBIGUOUS_NUMBER, format!("`{year}-{two}` can be a month or a difference"))
            .at(place, "a month, or a number less another?")
            .help(format!(
                "the month's first day is `{year}-{two}-01`; the difference is `{year} - {month}`"
            )),
    );
    Some(scanner.push(Kind::Instant, at, at + 7))
}

/// `2026-Q1`, `2026-W05`: a period's name, which is no value.
fn period_label(scanner: &mut Scanner<'_>, at: usize, rest: &str) -> Option<usize> {
    let label = rest.get(5..)?;
    let digits = label.strip_prefix(['Q', 'W'])?;
    let length = digits.find(|c| !words::continues(c)).unwrap_or(digits.len());
    if length == 0 || !digits[..length].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let end = 6 + length;
    scanner.problems.push(
        Diagnostic::new(
            &codes::AMBIGUOUS_NUMBER,
            format!("`{}` can be a period or a difference", &rest[..end]),
        )
        .at(scanner.builder.at(at, at + end), "a period's name is not a value")
        .help("write the first day of the period as a date: `2026-01-01`"),
    );
    Some(scanner.push(Kind::Instant, at, at + end))
}

/// The constant that a date or date-time is, or why it is none.
pub(super) fn read_instant(written: &str) -> Result<Literal, &'static str> {
    const SHAPE: &str = "a date has four, two and two digits";
    const CLOCK: &str = "a time is `09:30`, `09:30:15` or `09:30:15.5`";
    let day = written.get(..10).filter(|d| shaped(d, "0000-00-00")).ok_or(SHAPE)?;
    let part =
        |range: std::ops::Range<usize>, text: &str| text.get(range).and_then(|p| p.parse::<u32>().ok());
    let year = part(0..4, day).filter(|y| *y > 0).ok_or("years are 1 to 9999")?;
    let date = part(5..7, day)
        .zip(part(8..10, day))
        .and_then(|(month, day)| NaiveDate::from_ymd_opt(year as i32, month, day))
        .ok_or("the calendar has no such day")?;
    let Some(time) = written.get(10..).filter(|t| !t.is_empty()) else { return Ok(Literal::Date(date)) };
    let time = time.strip_prefix('T').ok_or(SHAPE)?;
    let (clock, offset_minutes) = zone(time)?;
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    if !(shaped(whole, "00:00") && fraction.is_empty() && whole == clock || shaped(whole, "00:00:00")) {
        return Err(CLOCK);
    }
    if clock.contains('.') && (fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit())) {
        return Err(CLOCK);
    }
    if fraction.len() > 9 {
        return Err("a second has at most nine digits after the point");
    }
    let nanos: u32 = format!("{fraction:0<9}").parse().map_err(|_| CLOCK)?;
    let second = if whole.len() > 5 { part(6..8, whole) } else { Some(0) };
    let local = part(0..2, whole)
        .zip(part(3..5, whole))
        .zip(second)
        .and_then(|((hour, minute), second)| NaiveTime::from_hms_nano_opt(hour, minute, second, nanos))
        .ok_or("hours are 0 to 23, minutes and seconds 0 to 59")?;
    Ok(Literal::DateTime { local: NaiveDateTime::new(date, local), offset_minutes })
}

/// The clock of a time, and its zone in minutes east of UTC.
fn zone(time: &str) -> Result<(&str, Option<i32>), &'static str> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Ok((clock, Some(0)));
    }
    let Some(at) = time.find(['+', '-']) else { return Ok((time, None)) };
    let (clock, zone) = time.split_at(at);
    let minutes =
        |hours: &str, minutes: &str| Some(hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?);
    let east = if shaped(&zone[1..], "00:00") { minutes(&zone[1..3], &zone[4..6]) } else { None }
        .filter(|m| *m < 24 * 60 && &zone[4..6] < "60")
        .ok_or("an offset from UTC is `Z`, `+01:00` or `-05:30`")?;
    Ok((clock, Some(if zone.starts_with('-') { -east } else { east })))
}

/// Whether a text has a digit where the shape has `0`, and the same character elsewhere.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(t, s)| if s == b'0' { t.is_ascii_digit() } else { t == s })
}
