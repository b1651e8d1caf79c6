//! A process that opens its first vaults at once. Alone in its file: the library is made ready once per process.

use std::{sync::Barrier, thread};

use chancery_vault::{Vault, VaultKey};

#[test]
fn the_first_vaults_of_a_process_open_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let (start, folder) = (&Barrier::new(16), folder.path());
    thread::scope(|scope| {
        for number in 0..16 {
            scope.spawn(move || {
                start.wait();
                Vault::open(&folder.join(number.to_string()), &VaultKey::from_bytes([7; 32])).unwrap();
            });
        }
    });
}
