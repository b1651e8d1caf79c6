//! Scenarios: what a person would notice, with real processes and hostile ones.
