//! The floor every duty stands on: store, bus, policy, journal, work.
