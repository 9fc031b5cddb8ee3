//! Every code that a diagnostic can carry. A code is never reused and never changes its meaning; each
//! has a page in `docs/errors/`, which `rumbo explain CODE` prints, and a golden case.

use super::Severity;

/// A diagnostic's stable identity.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `E0101`.
    pub id: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Its page, in Markdown.
    pub page: &'static str,
}

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: Code = Code {
                id: $id,
                title: $title,
                severity: Severity::$severity,
                page: include_str!(concat!("../../docs/errors/", $id, ".md")),
            };
        )*
        /// All codes, by id.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    // Files and YAML.
    YAML_SYNTAX "E0101" Error "not valid YAML";
    FORMULA_CUT "E0102" Error "a formula cut by YAML";
    UNKNOWN_KEY "E0103" Error "unknown key";
    DUPLICATE_NAME "E0104" Error "a name defined twice";
    WRONG_TYPE "E0105" Error "a value of the wrong kind";
    MISSING_KEY "E0106" Error "a required key is missing";
    NOT_UTF8 "E0107" Error "not UTF-8 text";
    TOO_LARGE "E0108" Error "a rule file past the limits";
    INCLUDE_LOOP "E0109" Error "files that include each other in a loop";
    OUTSIDE_PROJECT "E0110" Error "a path that leaves the project folder";
    NO_PROJECT "E0111" Error "no project here";
    UNKNOWN_VARIABLE "E0112" Error "a variable without a value";
    UNKNOWN_PACK "E0113" Error "an unknown pack in `use:`";
    INVALID_VALUE "E0114" Error "a value outside its range";
    UNREADABLE "E0115" Error "a rule file that cannot be read";
    // Formula syntax.
    FORMULA_SYNTAX "E0201" Error "a formula that does not parse";
    FOREIGN_OPERATOR "E0202" Error "an operator of another language";
    CHAINED_COMPARISON "E0203" Error "comparisons that chain";
    AMBIGUOUS_NUMBER "E0204" Error "a number or date that can be read in two ways";
    TOO_DEEP "E0205" Error "a formula nested too deeply or too long";
    FOREIGN_CALL "E0206" Error "a call in the form of another language";
    NESTED_WINDOW "E0207" Error "a window inside a window";
    // Names.
    UNKNOWN_NAME "E0301" Error "unknown name";
    AMBIGUOUS_NAME "E0302" Error "a name with two meanings";
    CYCLE "E0303" Error "definitions that form a cycle";
    UNREACHABLE "E0304" Error "a dimension that cannot be reached";
    AMBIGUOUS_PATH "E0305" Error "several ways to a dimension";
    UNKNOWN_FUNCTION "E0306" Error "unknown function";
    WRONG_ARGUMENTS "E0307" Error "wrong arguments";
    // Types and units.
    TYPE_MISMATCH "E0401" Error "types that do not fit";
    UNIT_MISMATCH "E0402" Error "units that do not fit";
    TOO_MANY_DIGITS "E0403" Error "more digits than a decimal holds";
    // Scopes, aggregates and time.
    COLUMN_OUTSIDE "E0501" Error "a column outside an aggregate";
    AGGREGATE_IN_ROW "E0502" Error "an aggregate inside a row formula";
    NESTED_AGGREGATE "E0503" Error "an aggregate inside an aggregate without `per`";
    NO_MOMENT "E0504" Error "a span or snapshot source without a moment";
    TWO_SOURCES "E0505" Error "an aggregate over two sources";
    NO_SOURCE "E0506" Error "an aggregate without a source";
    NO_GRAIN "E0507" Error "a grain that the calendar does not have";
    NOT_WHOLE_PERIODS "E0508" Error "an offset that is no whole number of periods";
    NO_PERIOD "E0520" Error "a period where there is none";
    MOMENTLESS "E0521" Error "a relation that depends on a moment, where rows have none";
    NO_CONVERSION "E0530" Error "a conversion of currencies that cannot be made";
    BAD_TARGET "E0541" Error "a target that cannot be compared";
    BAD_SCORECARD "E0543" Error "a scorecard that cannot be made";
    BAD_RULE "E0544" Error "a rule that cannot judge";
    STATUS_RANGES "E0542" Error "statuses with a gap or an overlap";
    // Data.
    NO_FILE "E0601" Error "a data file that is missing or cannot be read";
    EMPTY_GLOB "E0602" Error "a pattern that matches no file";
    BAD_VALUE "E0603" Error "a value that does not parse";
    MIXED_TYPES "E0604" Error "a column with different types in different files";
    REPEATED_KEY "E0605" Error "a key that repeats";
    NO_COLUMN "E0606" Error "a column that the file does not have";
    UNKNOWN_FORMAT "E0607" Error "a file format that is not known";
    BAD_TEXT "E0608" Error "a text file that cannot be decoded";
    BAD_ROW "E0609" Error "a row of the wrong shape";
    BACKWARD_SPAN "E0611" Error "a span that ends before it starts";
    OVERLAP "E0612" Error "spans that overlap";
    TABLE_TIE "E0613" Error "two rows of a table that fit equally well";
    BAD_RATES "E0630" Error "exchange rates that contradict each other";
    // Requests and running.
    BAD_REQUEST "E0701" Error "a request that cannot be answered";
    OVERFLOW "E0702" Error "a number past 38 digits";
    QUERY_FAILED "E0703" Error "a query that failed";
    OUT_OF_MEMORY "E0704" Error "out of memory";
    OUTPUT_FAILED "E0705" Error "a result that could not be written";
    // Own calendars.
    CALENDAR_SHAPE "E0801" Error "a calendar file of the wrong shape";
    CALENDAR_VALUE "E0802" Error "a period that a calendar cannot have";
    CALENDAR_OVERLAP "E0803" Error "periods of a calendar that overlap";
    CALENDAR_LABEL "E0804" Error "a label that names two periods";
    WINDOW_INSIDE_PERIOD "E0805" Error "a window that ends inside a period of the own calendar";
    // Not yet.
    NOT_YET "E0901" Error "a construct that is not evaluated yet";
    // Tests of rule files.
    TEST_FAILED "E1001" Error "a test that fails";
    BAD_TEST "E1002" Error "a test that cannot be run";
    NOT_A_TEST "E1003" Error "rules in a file of tests";
    NO_TESTS "E1004" Error "no tests to run";
    // Warnings.
    PERIODS_WIDENED "W0701" Note "a range widened to whole periods";
    WINDOW_ON_ONE_SIDE "W0501" Warning "a window on one side of a division";
    FACT_IN_FILTER "W0502" Warning "a fact in a filter of past periods";
    SET_ASIDE "W0603" Warning "rows set aside";
    EMPTY_SPAN "W0604" Warning "spans that are empty";
    VALUES_REJECTED "W0601" Warning "values outside `valid`";
    OUTSIDE_CALENDAR "W0801" Warning "rows in no period of an own calendar";
    CALENDAR_CLIPPED "W0802" Note "a range clipped to an own calendar";
    FILES_DIFFER "W0602" Warning "files of one source with different columns";
}

/// The code of an id, in any case.
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().find(|c| c.id.eq_ignore_ascii_case(id)).copied()
}
