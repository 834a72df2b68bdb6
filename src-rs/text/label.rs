//! One encoding under the name a user gave it: Node's meaning for Node's names, WHATWG's for all others.

use std::{borrow::Cow, fmt};

use encoding_rs::{
    BIG5, CoderResult, EUC_JP, EUC_KR, EncoderResult, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8,
    UTF_16BE, UTF_16LE, mem,
};

use crate::framing::{Boundary, DoubleByte, LineRule};

/// An encoding by its name.
///
/// `latin1` and `binary` (every byte is the character of its number) and `ascii` (the same, with the high bit
/// ignored when decoding) mean what Node's `Buffer` means by them; every other label is one of the WHATWG
/// Encoding Standard, or `utf16le` or `ucs2`, Node's names for `utf-16le`. `hex` and `base64` are not
/// encodings of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Latin1,
    Ascii,
    Whatwg(&'static Encoding),
}

/// Decoded text, in the form that is cheapest to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Every byte is the character of its number (U+0000 to U+00FF).
    Latin1(Cow<'a, [u8]>),
    /// UTF-8.
    Utf8(Cow<'a, str>),
    /// UTF-16 code units.
    Utf16(Vec<u16>),
}

/// A character that the encoding does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmappable(pub char);

impl fmt::Display for Unmappable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the encoding has no {:?} (U+{:04X})", self.0, u32::from(self.0))
    }
}

impl std::error::Error for Unmappable {}

impl Label {
    /// The encoding that `label` names, whatever its case and the white space around it; `None` if there is
    /// none.
    pub fn parse(label: &str) -> Option<Label> {
        let name = label.trim().to_ascii_lowercase();
        Some(Label(match &name[..] {
            "latin1" | "binary" => Kind::Latin1,
            "ascii" => Kind::Ascii,
            "utf16le" | "ucs2" => Kind::Whatwg(UTF_16LE),
            name => Kind::Whatwg(Encoding::for_label_no_replacement(name.as_bytes())?),
        }))
    }

    /// Decodes `bytes`, a byte order mark included; and whether any were malformed, which become U+FFFD.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> (Text<'a>, bool) {
        match self.0 {
            Kind::Latin1 => (Text::Latin1(bytes.into()), false),
            Kind::Ascii if bytes.is_ascii() => (Text::Latin1(bytes.into()), false),
            Kind::Ascii => (Text::Latin1(bytes.iter().map(|byte| byte & 0x7F).collect()), false),
            Kind::Whatwg(encoding) if encoding.is_ascii_compatible() && bytes.is_ascii() => {
                (Text::Latin1(bytes.into()), false)
            }
            Kind::Whatwg(encoding) if encoding == UTF_8 => {
                let (text, malformed) = encoding.decode_without_bom_handling(bytes);
                (Text::Utf8(text), malformed)
            }
            Kind::Whatwg(encoding) => {
                let mut decoder = encoding.new_decoder_without_bom_handling();
                // Never absent: a slice is far shorter than what would overflow twice its length.
                let mut units = vec![0; decoder.max_utf16_buffer_length(bytes.len()).unwrap_or(0)];
                let (result, _, written, malformed) = decoder.decode_to_utf16(bytes, &mut units, true);
                debug_assert_eq!(result, CoderResult::InputEmpty);
                units.truncate(written);
                (Text::Utf16(units), malformed)
            }
        }
    }

    /// Encodes UTF-16 code units.
    ///
    /// `latin1`, `binary` and `ascii` take the low byte of each unit, as `Buffer.from` does. A lone surrogate
    /// becomes U+FFFD in UTF-8 and stays in UTF-16.
    ///
    /// # Errors
    /// The first character that the encoding does not have.
    pub fn encode(&self, utf16: &[u16]) -> Result<Vec<u8>, Unmappable> {
        Ok(match self.0 {
            Kind::Latin1 | Kind::Ascii => utf16.iter().map(|&unit| unit as u8).collect(),
            Kind::Whatwg(encoding) if encoding == UTF_16LE => {
                utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()
            }
            Kind::Whatwg(encoding) if encoding == UTF_16BE => {
                utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()
            }
            Kind::Whatwg(encoding) if encoding == UTF_8 => {
                let mut bytes = vec![0; utf16.len() * 3];
                let written = mem::convert_utf16_to_utf8(utf16, &mut bytes);
                bytes.truncate(written);
                bytes
            }
            Kind::Whatwg(encoding) => encode_legacy(encoding, utf16)?,
        })
    }

    /// The lines that `marker` ends; where that is `\n` and not kept, `\r\n` ends them too.
    ///
    /// # Errors
    /// A character of the marker that the encoding does not have.
    ///
    /// # Panics
    /// If the marker is empty: a caller has to have checked that.
    pub fn line_rule(&self, marker: &[u16], keep: bool) -> Result<LineRule, Unmappable> {
        let unit = |character: char| [character as u16];
        let carriage_return =
            if marker == unit('\n') && !keep { self.encode(&unit('\r'))? } else { Vec::new() };
        Ok(LineRule::new(self.encode(marker)?, carriage_return, self.boundary()))
    }

    /// Whether decoding `region` and splitting the text by `marker` certainly gives what splitting the bytes
    /// and decoding each line gives; `false` if only looking closer would tell.
    pub fn splits_after_decoding(&self, region: &[u8], marker: &[u16]) -> bool {
        let below = |bound: u16| marker.iter().all(|&unit| unit < bound);
        match self.0 {
            Kind::Latin1 => below(0x100),
            Kind::Ascii => below(0x80) && region.is_ascii(),
            Kind::Whatwg(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
                below(0x80) && region.len().is_multiple_of(2)
            }
            Kind::Whatwg(encoding) if encoding == ISO_2022_JP => {
                below(0x80) && region.is_ascii() && !region.contains(&0x1B)
            }
            // A lead byte spoils at most a letter or digit that follows it, never a byte below those.
            Kind::Whatwg(encoding) if encoding == GBK || encoding == GB18030 => {
                below(0x30) && !ends_in_half_of_four(region, marker)
            }
            Kind::Whatwg(_) if matches!(self.boundary(), Boundary::DoubleByte(_)) => below(0x30),
            Kind::Whatwg(_) => below(0x80),
        }
    }

    fn boundary(&self) -> Boundary {
        let Kind::Whatwg(encoding) = self.0 else { return Boundary::Any };
        match encoding {
            _ if encoding == UTF_16LE || encoding == UTF_16BE => Boundary::Even,
            _ if encoding == GBK || encoding == GB18030 => Boundary::DoubleByte(DoubleByte::Gb18030),
            _ if encoding == BIG5 => Boundary::DoubleByte(DoubleByte::Big5),
            _ if encoding == SHIFT_JIS => Boundary::DoubleByte(DoubleByte::ShiftJis),
            _ if encoding == EUC_JP => Boundary::DoubleByte(DoubleByte::EucJp),
            _ if encoding == EUC_KR => Boundary::DoubleByte(DoubleByte::EucKr),
            _ if encoding == ISO_2022_JP => Boundary::Iso2022Jp,
            _ => Boundary::Any,
        }
    }
}

/// Whether a marker in `region` may cut off a 4-byte character of GB18030 after its second or third byte: a
/// decoder turns those into one U+FFFD where the input ends, but looks at the digit again where a marker
/// follows.
fn ends_in_half_of_four(region: &[u8], marker: &[u16]) -> bool {
    let Some(&first) = marker.first() else { return false };
    let is_lead = |byte: u8| (0x81..=0xFE).contains(&byte);
    memchr::memchr_iter(first as u8, region).any(|at| match &region[..at] {
        [.., lead, digit] if is_lead(*lead) && digit.is_ascii_digit() => true,
        [.., lead, digit, third] => is_lead(*lead) && digit.is_ascii_digit() && is_lead(*third),
        _ => false,
    })
}

fn encode_legacy(encoding: &'static Encoding, utf16: &[u16]) -> Result<Vec<u8>, Unmappable> {
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::new();
    let (mut read, mut written) = (0, 0);
    loop {
        let more = encoder.max_buffer_length_from_utf16_without_replacement(utf16.len() - read);
        // Never absent: a slice is far shorter than what would overflow a few times its length.
        bytes.resize(written + more.unwrap_or(0), 0);
        let (result, r, w) =
            encoder.encode_from_utf16_without_replacement(&utf16[read..], &mut bytes[written..], true);
        (read, written) = (read + r, written + w);
        match result {
            EncoderResult::InputEmpty => break,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => return Err(Unmappable(character)),
        }
    }
    bytes.truncate(written);
    Ok(bytes)
}
