//! Naming what a file is that is not what its name says.

/// What the first bytes of a file say it is, in words.
pub(super) fn name(bytes: &[u8]) -> Option<&'static str> {
    if is_transport_stream(bytes) {
        return Some("an MPEG transport stream");
    }
    let known = infer::get(bytes).and_then(|kind| by_mime_type(kind.mime_type()));
    known.or_else(|| is_text(bytes).then_some("text"))
}

/// What is often found under a name that ends in `.mp3`; of other types the class.
fn by_mime_type(mime: &str) -> Option<&'static str> {
    Some(match mime {
        // What is left of MPEG audio when no frame is found.
        "audio/mpeg" => return None,
        "audio/x-wav" | "audio/wav" => "a WAV file",
        "audio/ogg" | "video/ogg" => "an Ogg file",
        "audio/x-flac" | "audio/flac" => "a FLAC file",
        "audio/m4a" | "video/mp4" | "video/x-m4v" | "audio/mp4" | "video/quicktime" => {
            "an MP4 or M4A file"
        }
        "audio/aac" => "an AAC file",
        "audio/x-aiff" | "audio/aiff" => "an AIFF file",
        "audio/x-ape" => "a Monkey's Audio file",
        "audio/midi" => "a MIDI file",
        "audio/amr" => "an AMR file",
        "video/x-ms-wmv" | "video/x-ms-asf" | "audio/x-ms-wma" => "a WMA file",
        "video/x-matroska" | "video/webm" => "a Matroska or WebM file",
        "video/x-flv" => "a Flash video",
        "video/mpeg" => "an MPEG video",
        "video/x-msvideo" => "an AVI video",
        "text/html" | "text/xml" => "a web page or XML",
        "application/pdf" => "a PDF file",
        "application/zip" => "a ZIP archive",
        "image/jpeg" => "a JPEG picture",
        "image/png" => "a PNG picture",
        "image/gif" => "a GIF picture",
        _ if mime.starts_with("image/") => "a picture",
        _ if mime.starts_with("video/") => "a video",
        _ if mime.starts_with("application/") => "an archive or a program",
        _ => return None,
    })
}

/// Packets of 188 bytes that begin with a sync byte each (ISO 13818-1, 2.4.3.2).
fn is_transport_stream(bytes: &[u8]) -> bool {
    const PACKET: usize = 188;
    const SYNC: u8 = 0x47;
    let mut packets = bytes.chunks_exact(PACKET).take(3);
    packets.len() == 3 && packets.all(|packet| packet[0] == SYNC)
}

/// A WAV file whose samples are MPEG audio, layer III: `WAVE_FORMAT_MPEGLAYER3` (0x55) of
/// Microsoft's *Multimedia Data Standards Update*, 1994.
pub(super) fn is_mpeg_in_wav(bytes: &[u8]) -> bool {
    const MPEG_LAYER_3: [u8; 2] = [0x55, 0];
    let Some(mut chunks) = bytes
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(4..)?.strip_prefix(b"WAVE"))
    else {
        return false;
    };
    while let Some((head, rest)) = chunks.split_first_chunk::<8>() {
        let [a, b, c, d, size @ ..] = *head;
        if [a, b, c, d] == *b"fmt " {
            return rest.starts_with(&MPEG_LAYER_3);
        }
        // Chunks begin at even places.
        let size = u32::from_le_bytes(size) as usize;
        let next = size.saturating_add(size % 2).min(rest.len());
        chunks = &rest[next..];
    }
    false
}

fn is_text(bytes: &[u8]) -> bool {
    let is_printed = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    !bytes.is_empty() && bytes.iter().take(512).all(is_printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_under_a_wrong_name_are_named() {
        let mut packets = vec![0; 188 * 4];
        for packet in packets.chunks_mut(188) {
            packet[0] = 0x47;
        }
        let cases: [(&[u8], Option<&str>); 12] = [
            (b"RIFF\x24\0\0\0WAVEfmt ", Some("a WAV file")),
            (b"OggS\0\x02\0\0", Some("an Ogg file")),
            (b"fLaC\0\0\0\x22", Some("a FLAC file")),
            (b"\0\0\0\x20ftypM4A \0\0\0\0", Some("an MP4 or M4A file")),
            (b"FORM\0\0\0\0AIFFCOMM", Some("an AIFF file")),
            (b"\xff\xf1\x50\x80\x2e\x7f\xfc", Some("an AAC file")),
            (b"FLV\x01\x05\0\0\0\x09", Some("a Flash video")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", Some("a JPEG picture")),
            (
                b"<!DOCTYPE html><title>404</title>",
                Some("a web page or XML"),
            ),
            (b"these are words", Some("text")),
            (&packets, Some("an MPEG transport stream")),
            (&[0; 100], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(name(bytes), expected, "{bytes:?}");
        }
    }
}
