//! The audio of a file without its tags, to see whether it was kept.

use std::io::Cursor;

use crc32fast::Hasher;
use lofty::file::FileType;
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// What is left of a file when its container and tags are taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AudioPackets {
    packets: u64,
    bytes: u64,
    crc: u32,
}

impl AudioPackets {
    /// Those of a file of this kind; None if there is none.
    pub(super) fn of(kind: FileType, bytes: &[u8]) -> Option<Self> {
        match kind {
            FileType::Mpeg => Self::between_tags(bytes),
            _ => Self::of_container(bytes),
        }
    }

    /// All that stands between the tags at both ends of an mp3, as one packet.
    fn between_tags(bytes: &[u8]) -> Option<Self> {
        let mut audio = nanomp3::strip_trailing_tags(bytes);
        loop {
            match nanomp3::id3v2_len(audio) {
                0 => break,
                tag => audio = audio.get(tag..)?,
            }
        }
        (!audio.is_empty()).then(|| Self {
            packets: 1,
            bytes: audio.len() as u64,
            crc: crc32fast::hash(audio),
        })
    }

    /// The packets of all tracks, as symphonia takes the container apart.
    fn of_container(bytes: &[u8]) -> Option<Self> {
        let source = Box::new(Cursor::new(bytes));
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let mut reader = symphonia::default::get_probe()
            .probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .ok()?;
        let (mut packets, mut bytes) = (0, 0);
        let mut hasher = Hasher::new();
        loop {
            match reader.next_packet() {
                Ok(Some(packet)) => {
                    packets += 1;
                    bytes += packet.data.len() as u64;
                    hasher.update(&packet.data);
                }
                Ok(None) => break,
                Err(Error::ResetRequired) if packets > 0 => {}
                // Damage ends the reading at the same place in a copy.
                Err(_) => break,
            }
        }
        (packets > 0).then(|| Self {
            packets,
            bytes,
            crc: hasher.finalize(),
        })
    }
}
