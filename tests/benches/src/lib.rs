//! What things cost: engine and delivery, beside a bare relay with the same durability.
