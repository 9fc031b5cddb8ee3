//! The scalar functions, one file each; this is their list. Rows and results use them alike.

use super::Scalar;

mod abs;
mod ceil;
mod clamp;
mod coalesce;
mod date;
mod day;
mod days_between;
mod exp;
mod floor;
mod greatest;
mod hour;
mod hours_between;
mod r#if;
mod kinds;
mod least;
mod length;
mod ln;
mod log10;
mod lower;
mod modulo;
mod month;
mod quarter;
mod round;
mod shapes;
mod sign;
mod sqrt;
mod trim;
mod upper;
mod weekday;
mod year;

/// All of them, by name.
pub static ALL: &[Scalar] = &[
    abs::ABS,
    ceil::CEIL,
    clamp::CLAMP,
    coalesce::COALESCE,
    date::DATE,
    day::DAY,
    days_between::DAYS_BETWEEN,
    exp::EXP,
    floor::FLOOR,
    greatest::GREATEST,
    hour::HOUR,
    hours_between::HOURS_BETWEEN,
    r#if::IF,
    least::LEAST,
    length::LENGTH,
    ln::LN,
    log10::LOG10,
    lower::LOWER,
    modulo::MOD,
    month::MONTH,
    quarter::QUARTER,
    round::ROUND,
    sign::SIGN,
    sqrt::SQRT,
    trim::TRIM,
    upper::UPPER,
    weekday::WEEKDAY,
    year::YEAR,
];

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Scalar> {
    ALL.iter().find(|scalar| scalar.signature.name == name)
}
