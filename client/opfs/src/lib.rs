//! Where SQLite keeps its files in a browser: in the Origin Private File System, sealed on their way there.
//!
//! Call [`install`] once in a worker, before a vault is opened. The files are held by that worker alone for as long as it lives, so whoever calls
//! makes sure that there is one (Web Locks). Nothing is here on other platforms.
#![cfg(target_family = "wasm")]

use sqlite_wasm_rs::{SQLITE_OK, WasmOsCallback, sqlite3mc_vfs_create};
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, install as install_pool};

/// The folder of the origin's files that the pool is in.
const FOLDER: &str = "chancery";
/// The name of the pool, as SQLite knows it.
const POOL: &core::ffi::CStr = c"chancery-opfs";

/// Has SQLite keep its files in the browser, sealed by the key that a database is opened with. The error is in words.
pub async fn install() -> Result<(), String> {
    let name = POOL.to_string_lossy();
    let pool = OpfsSAHPoolCfgBuilder::new().vfs_name(&name).directory(FOLDER).build();
    install_pool::<WasmOsCallback>(&pool, false).await.map_err(|error| error.to_string())?;
    // SAFETY: the name is a C string that lives for ever, and was registered above; the library copies what it needs, on the only thread there is.
    #[expect(unsafe_code, reason = "the library has no other way to put its cipher over a file system")]
    let made = unsafe { sqlite3mc_vfs_create(POOL.as_ptr(), 1) };
    if made == SQLITE_OK { Ok(()) } else { Err(format!("SQLite answers {made}")) }
}
