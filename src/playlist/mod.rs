//! Playlists: the files of a genre, for players.
//!
//! The format is M3U8: UTF-8, `#EXTM3U`, and before each path `#EXTINF` with the
//! seconds and a title (as VLC and Music Player Daemon read it).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::results::FileResult;

/// One file of a playlist.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Where it is.
    pub path: PathBuf,
    /// Duration in seconds, if known.
    pub seconds: Option<f64>,
}

impl From<&FileResult> for Track {
    fn from(result: &FileResult) -> Self {
        Self {
            path: result.path.clone(),
            seconds: result.heard.as_ref().map(|heard| heard.seconds),
        }
    }
}

/// Writes a playlist that will lie in `folder`; paths are relative to it. Both the
/// folder and the tracks' paths may be relative to the working directory.
///
/// Returns the tracks that no playlist can name: those with a line break, or that are
/// not UTF-8.
///
/// # Errors
/// Those of `output`, and of asking for the working directory.
pub fn write_m3u8<'t>(
    output: &mut impl Write,
    title: &str,
    folder: &Path,
    tracks: &'t [Track],
) -> io::Result<Vec<&'t Path>> {
    let folder = without_dots(&std::path::absolute(folder)?);
    let mut left_out = Vec::new();
    writeln!(output, "#EXTM3U\n#PLAYLIST:{title}")?;
    for track in tracks {
        let path = without_dots(&std::path::absolute(&track.path)?);
        let relative = pathdiff::diff_paths(&path, &folder).unwrap_or(path);
        let is_a_line = |text: &&str| !text.chars().any(|c| matches!(c, '\n' | '\r'));
        let Some(line) = relative.to_str().filter(is_a_line) else {
            left_out.push(track.path.as_path());
            continue;
        };
        // Players want a whole number, and -1 where it is not known.
        let seconds = track.seconds.map_or(-1, |seconds| seconds.round() as i64);
        let name = relative.file_stem().and_then(|stem| stem.to_str());
        writeln!(output, "#EXTINF:{seconds},{}", name.unwrap_or(line))?;
        // A line that begins so would be taken for a remark.
        let prefix = if line.starts_with('#') { "./" } else { "" };
        writeln!(output, "{prefix}{line}")?;
    }
    Ok(left_out)
}

/// An absolute path without `.` and `..`; links are not followed: a playlist has the
/// names that the user sees.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => _ = plain.pop(),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// A genre as a file name.
pub fn file_name(genre: &str) -> String {
    format!("{}.m3u8", genre.replace('/', "-"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn track(path: &str, seconds: Option<f64>) -> Track {
        Track {
            path: path.into(),
            seconds,
        }
    }

    fn written(folder: &str, tracks: &[Track]) -> (String, Vec<PathBuf>) {
        let mut bytes = Vec::new();
        let left_out = write_m3u8(&mut bytes, "Jazz", Path::new(folder), tracks).unwrap();
        let left_out = left_out.into_iter().map(Path::to_path_buf).collect();
        (String::from_utf8(bytes).unwrap(), left_out)
    }

    #[test]
    fn paths_are_relative_to_the_playlist() {
        let tracks = [
            track("/music/a/One.mp3", Some(183.5)),
            track("/music/lists/Two, too.flac", None),
            track("/other/#3.mp3", Some(0.4)),
            track("/music/lists/#4.mp3", Some(1.0)),
        ];
        let (text, left_out) = written("/music/./x/../lists", &tracks);
        assert_eq!(
            text,
            "#EXTM3U\n#PLAYLIST:Jazz\n\
             #EXTINF:184,One\n../a/One.mp3\n\
             #EXTINF:-1,Two, too\nTwo, too.flac\n\
             #EXTINF:0,#3\n../../other/#3.mp3\n\
             #EXTINF:1,#4\n./#4.mp3\n"
        );
        assert!(left_out.is_empty());
    }

    #[test]
    fn relative_tracks_and_folders_meet_in_the_working_directory() {
        let (text, _) = written("lists", &[track("music/a.mp3", None)]);
        assert!(text.ends_with("\n../music/a.mp3\n"), "{text}");
    }

    #[test]
    fn names_that_no_line_can_hold_are_left_out() {
        use std::os::unix::ffi::OsStrExt;

        let bytes = PathBuf::from(std::ffi::OsStr::from_bytes(b"/m/\xff.mp3"));
        let tracks = [
            track("/m/two\nlines.mp3", None),
            Track {
                path: bytes.clone(),
                seconds: None,
            },
        ];
        let (text, left_out) = written("/m", &tracks);
        assert_eq!(text, "#EXTM3U\n#PLAYLIST:Jazz\n");
        assert_eq!(left_out, [PathBuf::from("/m/two\nlines.mp3"), bytes]);
    }

    #[test]
    fn genres_are_file_names() {
        assert_eq!(file_name("Old-Time / Historic"), "Old-Time - Historic.m3u8");
        assert_eq!(file_name("Jazz"), "Jazz.m3u8");
    }
}
