//! What a device does: one event, one vault transaction, one outcome. No network, no clock.
