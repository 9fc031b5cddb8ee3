//! Rumbo: a KPI rules engine.
#![allow(dead_code)]

mod diagnostic;
mod engine;
mod functions;
mod model;
mod plan;
mod report;
mod resolve;
mod results;
mod rulefile;
mod source;
mod syntax;
