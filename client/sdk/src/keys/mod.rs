//! Where the vault's key comes from. Never from beside the vault.
//!
//! A profile on this machine has it from the system's keyring, a passphrase, or a key file (`source`). A browser has none of these but the
//! passphrase, and a person's passkey: there the key is drawn, and sealed for each of them (`lock`).

#[cfg(not(target_family = "wasm"))]
mod file;
#[cfg(not(target_family = "wasm"))]
mod keyring;
mod lock;
mod passphrase;
#[cfg(not(target_family = "wasm"))]
mod source;

pub use lock::{Lock, Opens};
#[cfg(not(target_family = "wasm"))]
pub use source::{KeySource, Unlock};
