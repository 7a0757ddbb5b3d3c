//! A model folder is data from a stranger: whatever is in it, the program ends soon, in
//! bounded memory, with exit code 1, one message that names file, field and cause, and no
//! output. Never is the prior taken for the answer of a model that has none.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod files;
mod folder;
mod manifest;
mod networks;
mod onnx;

use folder::Folder;

#[test]
fn a_folder_that_was_not_changed_works() {
    let folder = Folder::new();
    folder.run("predict").expect_code(0);
    assert_eq!(folder.bench.ids(), ["a"]);
}
