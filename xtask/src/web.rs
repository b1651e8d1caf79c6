//! `cargo xtask web`: the web client, from the core to the files that the server carries.
//!
//! The core is built for the browser, bound to JavaScript, bundled with the page, and everything is compressed. What comes of it lies where
//! `apps/chanceryd/build.rs` takes it from. All of it happens beside the build results; nothing is written into the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    node, say,
    shell::{Outcome, about, root, run, target_folder},
    sources, wasm,
};

/// Where the page is written.
const PAGE: &str = "web";
/// Where it is built, among the tools of Node.
const NAME: &str = "web";
/// What the core is called in `web/core/pkg/`.
const CORE: &str = "chancery_web_core";

/// Builds the web client, if anything of it has changed; answers where its tools and tests are.
pub(crate) fn web(debian: bool) -> Outcome<PathBuf> {
    let core = wasm::core(debian)?;
    let folder = node::installed(PAGE, NAME)?;
    let bundle = target_folder()?.join("web/bundle");
    let (made, wanted) = (folder.join("made"), ingredients(&core)?);
    if bundle.join("index.html").exists() && fs::read_to_string(&made).is_ok_and(|it| it == wanted) {
        return Ok(folder);
    }
    say::step("building the page");
    node::lay(&root().join(PAGE), &folder)?;
    bind(&core, &folder.join("core/pkg"))?;
    run(Command::new("npm").args(["run", "--silent", "build"]).current_dir(&folder))?;
    run(Command::new("node").args(["squeeze.mjs", "dist"]).current_dir(&folder))?;
    if bundle.exists() {
        fs::remove_dir_all(&bundle).map_err(about(bundle.display()))?;
    }
    node::lay(&folder.join("dist"), &bundle)?;
    // Written last: broken off, it is built again.
    fs::write(&made, wanted).map_err(about(made.display()))?;
    Ok(folder)
}

/// What the bundle is made of: the page's files as they are, and the core as it was built.
fn ingredients(core: &Path) -> Outcome<String> {
    let built =
        fs::metadata(core).and_then(|it| Ok((it.len(), it.modified()?))).map_err(about(core.display()))?;
    let page = sources::read()?.into_iter().filter(|it| it.path.starts_with("web/"));
    Ok(page.fold(format!("{built:?}"), |all, it| format!("{all}\n{}\n{}", it.path, it.text)))
}

/// Writes what lets JavaScript call the core.
fn bind(core: &Path, to: &Path) -> Outcome {
    let mut binding = wasm_bindgen_cli_support::Bindgen::new();
    binding.input_path(core).out_name(CORE).typescript(true);
    let bound = binding.web(true).and_then(|it| it.generate(to));
    bound.map_err(about("the core cannot be bound to JavaScript"))
}
