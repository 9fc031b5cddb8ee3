//! Where Rumbo is known to differ from the language today. Each is switched off here, as narrowly as it can
//! be, so that the run finds what is new; a fixed one goes out of this file and nothing else changes.

/// The reason of a missing `if` is that of its leftmost missing argument, not that of the branch taken.
pub const IF_TELLS_ITS_LEFTMOST_PART: bool = false;

/// Every aggregate of a formula that looks back sees all periods from the earliest one on, also those that
/// it is not looked at in; members that are there alone have cells of their own.
pub const EVERY_AGGREGATE_LOOKS_BACK: bool = true;

/// `window_complete` is told of the period's own windows, not of those of the earlier period that a shift
/// looks at.
pub const WINDOWS_OF_EARLIER_PERIODS_ARE_NOT_TOLD: bool = true;

/// A source whose rows all lie after the as-of covers the period that holds it.
pub const LATER_ROWS_COVER: bool = false;

/// `fill: entities` by an entity that stands behind another takes the members from that other one's rows.
pub const FILL_STOPS_AT_THE_FIRST_HOP: bool = true;

/// `abs` of a decimal column fails.
pub const ABS_OF_DECIMALS_FAILS: bool = false;

/// The window of an earlier period that is cut at the same point ends at that point and begins as much
/// earlier, where it is of days or weeks, or to date; it should begin as that of the whole period does.
pub const WINDOWS_OF_CUT_PERIODS_MOVE: bool = false;

/// `first` and `last` on another column order rows of one time by the source's own time before the key.
pub const OWN_TIME_COMES_BEFORE_THE_KEY: bool = false;

/// Rows of a lookup source are seen by no entity in `per`, though they count in every period.
pub const PER_SEES_NO_LOOKUPS: bool = false;

/// A `per` in a `per` whose sources do not reach a period is `no_values` rather than `outside_data`.
pub const NESTED_PER_FORGETS_WHY: bool = false;

/// In the open period a shift over a shift, or over what looks across the breakdown, is computed without
/// what these look at.
pub const SHIFTS_STAND_ALONE: bool = true;

/// The naive evaluator ranks all members that have a cell, also those that have it only because another period
/// was asked for. Among counts those are last whoever is there, so only counts are ranked.
pub const RANKS_LOOK_BESIDE: bool = true;
