//! What an MPEG audio frame is: its header (ISO 11172-3, 2.4.1.3 and 2.4.2.3;
//! ISO 13818-3 for the lower sample rates).
//!
//! ```text
//! 11111111 111vvllc bbbbrrpx mmeeCOEE
//! ```
//!
//! `v` version, `l` layer, `c` no checksum, `b` bit rate, `r` sample rate, `p`
//! padding, `m` channel mode, `e` mode extension; the others say nothing about
//! the audio.

/// Samples per channel of a granule of Layer III.
pub(super) const GRANULE: usize = 576;

/// Bytes of a header.
pub(super) const HEADER_LEN: usize = 4;

/// A valid header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header([u8; HEADER_LEN]);

/// In kbit/s by index, of MPEG-1 and of the lower sample rates, Layer I to III.
/// Index 0 is free format, 15 is forbidden.
const BIT_RATES: [[[u32; 15]; 3]; 2] = [
    [
        [
            0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
        ],
        [
            0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        [
            0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
    ],
    [
        [
            0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
        ],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ],
];

const SAMPLE_RATES: [u32; 3] = [44_100, 48_000, 32_000];

impl Header {
    /// The header that `bytes` begin with.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let header = Self(*bytes.first_chunk()?);
        let [sync, second, third, _] = header.0;
        // MPEG-2.5, which clears the twelfth bit of the sync word, has Layer III only.
        let is_sync = sync == 0xff && (second & 0xf0 == 0xf0 || second & 0xfe == 0xe2);
        let has_layer = second & 0b110 != 0;
        let has_rates = third >> 4 != 15 && third & 0b1100 != 0b1100;
        (is_sync && has_layer && has_rates).then_some(header)
    }

    /// As it stands in the file.
    pub(super) fn bytes(self) -> [u8; HEADER_LEN] {
        self.0
    }

    fn is_mpeg1(self) -> bool {
        self.0[1] & 0b1000 != 0
    }

    fn is_mpeg25(self) -> bool {
        self.0[1] & 0b1_0000 == 0
    }

    /// 1 to 3.
    pub(super) fn layer(self) -> usize {
        4 - usize::from(self.0[1] >> 1 & 0b11)
    }

    /// In Hz.
    pub(super) fn sample_rate(self) -> u32 {
        let of_mpeg1 = SAMPLE_RATES[usize::from(self.0[2] >> 2 & 0b11)];
        of_mpeg1 >> u32::from(!self.is_mpeg1()) >> u32::from(self.is_mpeg25())
    }

    /// 1 or 2.
    pub(super) fn channels(self) -> usize {
        if self.0[3] >> 6 == 0b11 { 1 } else { 2 }
    }

    /// Per channel.
    pub(super) fn samples(self) -> usize {
        match (self.layer(), self.is_mpeg1()) {
            (1, _) => 384,
            (3, false) => GRANULE,
            _ => 2 * GRANULE,
        }
    }

    /// Whether the bit rates are the same.
    pub(super) fn has_bit_rate_of(self, other: Self) -> bool {
        self.0[2] >> 4 == other.0[2] >> 4
    }

    /// Whether the bit rate is not in the header, but in the distance to the next.
    pub(super) fn is_free_format(self) -> bool {
        self.0[2] >> 4 == 0
    }

    /// Bytes of the padding slot, 0 if there is none.
    pub(super) fn padding(self) -> usize {
        match (self.0[2] & 0b10, self.layer()) {
            (0, _) => 0,
            (_, 1) => 4,
            _ => 1,
        }
    }

    /// The same with or without a padding slot.
    pub(super) fn with_padding(self, padded: bool) -> Self {
        let [first, second, third, fourth] = self.0;
        Self([first, second, third & !0b10 | u8::from(padded) << 1, fourth])
    }

    /// What `found` must be if it is the header of a frame of the same stream with at most
    /// one wrong bit. Bit rate, padding and mode extension may change from frame to frame
    /// and are taken as they are.
    pub(super) fn nearly(self, found: [u8; HEADER_LEN]) -> Option<Self> {
        const CHANGING: [u8; HEADER_LEN] = [0, 0, 0b1111_0010, 0b0011_0000];
        let mut header = self;
        let mut wrong_bits = 0;
        for ((own, found), changing) in header.0.iter_mut().zip(found).zip(CHANGING) {
            wrong_bits += ((*own ^ found) & !changing).count_ones();
            *own = *own & !changing | found & changing;
        }
        (wrong_bits <= 1).then(|| Self::parse(&header.0)).flatten()
    }

    /// The same with each bit rate of the standard, with a padding slot and without.
    pub(super) fn with_any_length(self) -> impl Iterator<Item = Self> {
        let [first, second, third, fourth] = self.0;
        let with_rate = move |rate: u8| Self([first, second, third & 0x0f | rate << 4, fourth]);
        let lengths = |header: Self| [header.with_padding(false), header.with_padding(true)];
        (1..15).map(with_rate).flat_map(lengths)
    }

    /// Bytes of the frame, header included; `None` in free format.
    pub(super) fn frame_len(self) -> Option<usize> {
        if self.is_free_format() {
            return None;
        }
        let rates = &BIT_RATES[usize::from(!self.is_mpeg1())][self.layer() - 1];
        let bits_per_second = 1_000 * rates[usize::from(self.0[2] >> 4)] as usize;
        let bytes = self.samples() * bits_per_second / 8 / self.sample_rate() as usize;
        // Layer I counts in slots of four bytes.
        let slot = if self.layer() == 1 { 4 } else { 1 };
        Some(bytes / slot * slot + self.padding())
    }

    /// Whether `other` can follow in the same stream: equal version, layer and
    /// sample rate, both or none in free format. Bit rate and channels may change.
    pub(super) fn goes_with(self, other: Self) -> bool {
        (self.0[1] ^ other.0[1]) & 0b1111_1110 == 0
            && (self.0[2] ^ other.0[2]) & 0b1100 == 0
            && self.is_free_format() == other.is_free_format()
    }

    /// Bytes of a Layer III frame of `frame_len` bytes that are main data: all but
    /// header, checksum and side information (ISO 11172-3, 2.4.1; 13818-3 for one
    /// granule per frame). Other layers have no bit reservoir and no such thing.
    pub(super) fn main_data_len(self, frame_len: usize) -> usize {
        let has_checksum = self.0[1] & 1 == 0;
        let side_information = match (self.samples() > GRANULE, self.channels()) {
            (true, 1) | (false, 2) => 17,
            (true, _) => 32,
            (false, _) => 9,
        };
        let around = HEADER_LEN + 2 * usize::from(has_checksum) + side_information;
        frame_len.saturating_sub(around)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: [u8; 4]) -> Header {
        Header::parse(&bytes).unwrap()
    }

    #[test]
    fn fields_are_those_of_the_standard() {
        // MPEG-1 Layer III, 128 kbit/s, 44.1 kHz, padded, joint stereo.
        let mpeg1 = header([0xff, 0xfb, 0x92, 0x64]);
        assert_eq!((mpeg1.layer(), mpeg1.sample_rate()), (3, 44_100));
        assert_eq!((mpeg1.channels(), mpeg1.samples()), (2, 1_152));
        assert_eq!(mpeg1.frame_len(), Some(418));
        assert_eq!(mpeg1.with_padding(false).frame_len(), Some(417));
        assert_eq!(mpeg1.main_data_len(418), 418 - 4 - 32);
        // MPEG-2.5 Layer III, 16 kbit/s, 8 kHz, mono, with checksum.
        let mpeg25 = header([0xff, 0xe2, 0x28, 0xc0]);
        assert_eq!((mpeg25.sample_rate(), mpeg25.channels()), (8_000, 1));
        assert_eq!((mpeg25.samples(), mpeg25.frame_len()), (576, Some(144)));
        assert_eq!(mpeg25.main_data_len(144), 144 - 4 - 2 - 9);
        // MPEG-1 Layer I, 448 kbit/s, 32 kHz, padded: slots of four bytes.
        let layer1 = header([0xff, 0xff, 0xea, 0x00]);
        assert_eq!((layer1.layer(), layer1.samples()), (1, 384));
        assert_eq!(layer1.frame_len(), Some(672 + 4));
    }

    #[test]
    fn one_wrong_bit_is_seen_through_and_two_are_not() {
        let stream = header([0xff, 0xfb, 0x92, 0x64]);
        // Another bit rate, no padding, another mode extension, and the layer is wrong.
        let next = stream.nearly([0xff, 0xff, 0xb0, 0x44]);
        assert_eq!(next, Some(header([0xff, 0xfb, 0xb0, 0x44])));
        assert_eq!(stream.nearly([0x7f, 0xff, 0xb0, 0x44]), None);
        // No such bit rate.
        assert_eq!(stream.nearly([0xff, 0xfb, 0xf0, 0x44]), None);
    }

    #[test]
    fn what_the_standard_forbids_is_no_header() {
        for bytes in [
            [0xff, 0xf9, 0x90, 0x00], // layer 00
            [0xff, 0xfb, 0xf0, 0x00], // bit rate 1111
            [0xff, 0xfb, 0x9c, 0x00], // sample rate 11
            [0xff, 0xea, 0x90, 0x00], // version 01
            [0xff, 0xe4, 0x90, 0x00], // MPEG-2.5, Layer II
            [0xfe, 0xfb, 0x90, 0x00],
        ] {
            assert_eq!(Header::parse(&bytes), None, "{bytes:x?}");
        }
        assert_eq!(Header::parse(&[0xff, 0xfb, 0x90]), None);
    }

    #[test]
    fn lengths_are_those_of_the_decoder() {
        let mut compared = 0;
        for (second, third) in (0..=255).flat_map(|b| (0..=255).map(move |c| (b, c))) {
            let bytes = [0xff, second, third, 0x00];
            let Some(len) = Header::parse(&bytes).and_then(Header::frame_len) else {
                continue;
            };
            let mut frame = vec![0; len];
            frame[..4].copy_from_slice(&bytes);
            let found = nanomp3::frames(&frame).next().unwrap();
            assert_eq!(found.data.len(), len, "{bytes:x?}");
            let header = header(bytes);
            assert_eq!(found.sample_rate, header.sample_rate());
            assert_eq!(found.samples, header.samples());
            assert_eq!(usize::from(found.layer), header.layer());
            compared += 1;
        }
        assert!(compared > 1_000, "{compared}");
    }
}
