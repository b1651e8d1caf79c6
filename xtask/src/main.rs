//! Everything a developer runs: run, test, ci, floors, tidy, schema, api, facts, bench.
fn main() {}
