//! Where Rumbo is known to differ from the language today. Each is switched off here, as narrowly as it can
//! be, so that the run finds what is new; a fixed one goes out of this file and nothing else changes.

/// Entities of a period that lies outside what the sources of a `per` cover make no cells, though rows of plain
/// aggregates do there.
pub const PER_SEES_NOBODY_OUTSIDE: bool = true;
