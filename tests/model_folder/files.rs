//! Which files are read, and how much of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::folder::Folder;

#[test]
fn only_regular_files_of_the_folder_are_read_and_no_more_than_they_may_hold() {
    for (name, mebibytes) in [("model.json", 1), ("head.onnx", 64)] {
        let folder = Folder::new();
        let file = fs::File::create(folder.file(name)).unwrap();
        file.set_len((mebibytes << 20) + 1).unwrap();
        folder.expect_failure(&format!("/{name}\" is longer than {mebibytes} MiB"));

        let folder = Folder::new();
        fs::remove_file(folder.file(name)).unwrap();
        folder.expect_failure(&format!("cannot read \"model/{name}\""));
        let made = Command::new("mkfifo").arg(folder.file(name)).status();
        assert!(made.unwrap().success());
        folder.expect_failure(&format!("\"model/{name}\" is not a regular file"));

        let folder = Folder::new();
        let outside = folder.bench.path("outside");
        fs::rename(folder.file(name), &outside).unwrap();
        for target in [outside.as_path(), Path::new("/dev/zero")] {
            let _ = fs::remove_file(folder.file(name));
            symlink(target, folder.file(name)).unwrap();
            folder.expect_failure(&format!("\"model/{name}\" is a link to "));
            folder.expect_failure("which is not in the model's folder");
        }
    }
}

#[test]
fn links_within_the_folder_are_followed() {
    let folder = Folder::new();
    fs::create_dir(folder.file("blobs")).unwrap();
    fs::rename(folder.file("head.onnx"), folder.file("blobs/1")).unwrap();
    symlink("blobs/1", folder.file("head.onnx")).unwrap();
    fs::rename(&folder.path, folder.bench.path("elsewhere")).unwrap();
    symlink("elsewhere", &folder.path).unwrap();
    folder.run("predict").expect_code(0);
}
