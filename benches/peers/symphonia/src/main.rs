//! Decodes each file that standard input names, as `symphonia-play` does (a packet that cannot be decoded is skipped,
//! any other error ends the file), and prints how many seconds of audio came out, or an error.

use std::fs::File;
use std::io::{self, BufRead as _, Write as _};

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        match seconds(&line?) {
            Ok(seconds) => println!("{seconds:.4}"),
            Err(error) => println!("error: {}", error.to_string().replace('\n', " ")),
        }
        io::stdout().flush()?;
    }
    Ok(())
}

fn seconds(path: &str) -> Result<f64, Error> {
    let stream = MediaSourceStream::new(Box::new(File::open(path)?), Default::default());
    let mut hint = Hint::new();
    hint.with_extension("mp3");
    let mut format = symphonia::default::get_probe().probe(
        &hint,
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(Error::Unsupported("no audio track"))?;
    let id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|params| params.audio());
    let parameters = parameters.ok_or(Error::Unsupported("no codec parameters"))?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())?;
    let mut seconds = 0.0;
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) if seconds == 0.0 => return Err(error),
            Err(_) => break,
        };
        if packet.track_id != id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(audio) => seconds += audio.frames() as f64 / f64::from(audio.spec().rate()),
            Err(Error::DecodeError(_)) => {}
            Err(_) => break,
        }
    }
    Ok(seconds)
}
