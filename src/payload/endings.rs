//! What names of audio files end in.

use std::fmt;

/// Which endings make a file one to be listed, in any case of letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Endings {
    /// `.mp3`: what the challenge knows.
    #[default]
    Mp3,
    /// Those of all formats that can be decoded: MPEG audio of any layer, FLAC, Ogg
    /// Vorbis, WAV, AIFF, and AAC or ALAC, bare or in MP4.
    Audio,
}

/// All that [`Endings::Audio`] lists. Those of videos (`.mov`, `.ogv`), of Opus and
/// Speex, and of MP4 with a lock (`.m4p`) are not among them.
const AUDIO: [&str; 15] = [
    ".mp3", ".mp2", ".mp1", ".flac", ".ogg", ".oga", ".wav", ".wave", ".aif", ".aiff", ".aifc",
    ".m4a", ".m4b", ".mp4", ".aac",
];

impl Endings {
    /// The endings, each with its dot, in lower case.
    pub fn list(self) -> &'static [&'static str] {
        match self {
            Self::Mp3 => &AUDIO[..1],
            Self::Audio => &AUDIO,
        }
    }

    /// `name` without its ending, if that is one of these. A name that is nothing but
    /// an ending stays as it is.
    pub(super) fn strip(self, name: &[u8]) -> &[u8] {
        let stem = self.list().iter().find_map(|ending| {
            let (stem, found) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
            let whole_name = stem.last().is_none_or(|byte| is_separator(*byte));
            (!whole_name && found.eq_ignore_ascii_case(ending.as_bytes())).then_some(stem)
        });
        stem.unwrap_or(name)
    }

    /// Whether a file of this name is listed: it has one of the endings and is not a
    /// `._*` companion, which macOS leaves on foreign file systems.
    pub(super) fn fit(self, name: &[u8]) -> bool {
        self.strip(name).len() < name.len() && !name.starts_with(b"._")
    }
}

/// What messages call such files.
impl fmt::Display for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mp3 => "mp3",
            Self::Audio => "audio",
        })
    }
}

pub(super) fn is_separator(byte: u8) -> bool {
    std::path::is_separator(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mp3_names_in_any_case_but_no_macos_companions() {
        for name in ["a.mp3", "a.MP3", "a b.Mp3", ".hidden.mp3", "a.mp3.mp3"] {
            assert!(Endings::Mp3.fit(name.as_bytes()), "{name}");
            assert!(Endings::Audio.fit(name.as_bytes()), "{name}");
        }
        for name in ["._a.mp3", ".mp3", "mp3", "a.mp3~", "a.mp33", "a.m4a", ""] {
            assert!(!Endings::Mp3.fit(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn audio_names_have_the_ending_of_a_format_that_can_be_decoded() {
        for ending in AUDIO {
            let name = format!("a b{}", ending.to_uppercase());
            assert!(Endings::Audio.fit(name.as_bytes()), "{name}");
            assert_eq!(Endings::Audio.strip(name.as_bytes()), b"a b");
            assert_eq!(Endings::Mp3.fit(name.as_bytes()), ending == ".mp3");
        }
        for name in [
            "a.txt", "a.opus", "a.mov", ".flac", "._a.flac", "flac", "a/.wav",
        ] {
            assert!(!Endings::Audio.fit(name.as_bytes()), "{name}");
        }
    }
}
