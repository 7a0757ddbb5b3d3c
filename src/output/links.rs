//! Following links, but not those that are traps.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::OutputError;

/// As many links as Linux follows in one path.
const MOST_LINKS: usize = 40;

/// Where `path` leads without links; its last parts need not exist.
///
/// A link in a folder that is sticky and writable by everybody, as /tmp is, is
/// followed only if we or the folder's owner made it: Linux has the same rule
/// (`fs.protected_symlinks`), where it is switched on. Anybody else could send
/// the output over a file of ours.
///
/// # Errors
/// [`OutputError::ForeignLink`], [`OutputError::LinkLoop`].
pub(super) fn follow(path: &Path) -> Result<PathBuf, OutputError> {
    let mut found = PathBuf::new();
    let mut rest = parts(path);
    let mut links = 0;
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            // Going back is right, because `found` holds no link.
            match found.components().next_back() {
                Some(Component::Normal(_)) => _ = found.pop(),
                Some(Component::RootDir) => {}
                _ => found.push(part),
            }
            continue;
        }
        found.push(part);
        let Ok(target) = fs::read_link(&found) else {
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(OutputError::LinkLoop(path.to_path_buf()));
        }
        if is_foreign(&found) {
            return Err(OutputError::ForeignLink {
                path: path.to_path_buf(),
                link: found,
            });
        }
        found.pop();
        for part in parts(&target).into_iter().rev() {
            rest.push_front(part);
        }
    }
    if found.as_os_str().is_empty() {
        found.push(".");
    }
    Ok(found)
}

/// The parts of a path; the root, if it has one, is the first. Pushing the root
/// replaces what came before.
fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

#[cfg(unix)]
fn is_foreign(link: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    const STICKY_AND_OPEN: u32 = 0o1002;
    let folder = super::temporary::folder_of(link);
    let (Ok(folder_of_link), Ok(metadata)) = (fs::metadata(folder), link.symlink_metadata()) else {
        return true;
    };
    let may_be_trap = folder_of_link.mode() & STICKY_AND_OPEN == STICKY_AND_OPEN
        && folder_of_link.uid() != metadata.uid();
    may_be_trap && super::temporary::our_user() != Some(metadata.uid())
}

#[cfg(not(unix))]
fn is_foreign(_link: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(path: &str) -> String {
        follow(Path::new(path)).unwrap().to_str().unwrap().into()
    }

    #[test]
    fn paths_without_links_stay_as_they_are() {
        for path in ["out.csv", "a/b/out.csv", "/no/such/out.csv", "../../x", "/"] {
            assert_eq!(followed(path), path);
        }
        assert_eq!(followed("./a/../b//c"), "b/c");
        assert_eq!(followed("a/../../b"), "../b");
        assert_eq!(followed("/../b"), "/b");
        assert_eq!(followed("a/.."), ".");
    }

    #[cfg(unix)]
    #[test]
    fn links_in_the_middle_and_at_the_end_are_followed() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        fs::create_dir(folder.join("real")).unwrap();
        symlink("real", folder.join("link")).unwrap();
        symlink("../out.csv", folder.join("real/out.csv")).unwrap();
        symlink(folder.join("elsewhere"), folder.join("out.csv")).unwrap();
        let found = follow(&folder.join("link/../link/out.csv")).unwrap();
        assert_eq!(found, folder.join("elsewhere"));
    }
}
