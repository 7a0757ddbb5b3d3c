//! The audio of a file without its tags, to see whether it was kept.

use std::io::Cursor;

use crc32fast::Hasher;
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
    /// The packets of all tracks, as symphonia takes the container apart; None if
    /// there is none.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
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
