//! Length prefixes: their widths, byte orders and limits; knows nothing of what a payload is.

use std::ops::Range;

/// How the length before a payload is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// One byte.
    U8,
    /// Two bytes, the high one first.
    U16be,
    /// Two bytes, the low one first.
    U16le,
    /// Three bytes, the high one first.
    U24be,
    /// Three bytes, the low one first.
    U24le,
    /// Four bytes, the high one first.
    U32be,
    /// Four bytes, the low one first.
    U32le,
    /// Eight bytes, the high one first.
    U64be,
    /// Eight bytes, the low one first.
    U64le,
    /// Protocol Buffers' base-128 varint: seven bits a byte, the low ones first, at most ten bytes.
    Varint,
}

/// What the bytes before a payload say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// At least this many bytes more are needed.
    Need(usize),
    /// The length is there.
    Is {
        /// Bytes that the length itself took.
        header: usize,
        /// Bytes of payload that follow.
        payload: u64,
    },
    /// A varint that does not fit 64 bits.
    Malformed,
}

/// Most bytes that a varint of 64 bits takes.
const VARINT: usize = 10;

impl Prefix {
    /// The prefix that JavaScript calls `name` (`'u8'`, `'u16be'`, …, `'varint'`); `None` for any other name.
    pub fn parse(name: &str) -> Option<Prefix> {
        Some(match name {
            "u8" => Prefix::U8,
            "u16be" => Prefix::U16be,
            "u16le" => Prefix::U16le,
            "u24be" => Prefix::U24be,
            "u24le" => Prefix::U24le,
            "u32be" => Prefix::U32be,
            "u32le" => Prefix::U32le,
            "u64be" => Prefix::U64be,
            "u64le" => Prefix::U64le,
            "varint" => Prefix::Varint,
            _ => return None,
        })
    }

    /// Appends the length `len` to `out`; `false`, and nothing appended, if the prefix is too narrow for it.
    pub fn encode(self, len: u64, out: &mut Vec<u8>) -> bool {
        if self == Prefix::Varint {
            let mut rest = len;
            while rest >= 0x80 {
                out.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            out.push(rest as u8);
            return true;
        }
        let width = self.least();
        if width < 8 && len >> (8 * width) != 0 {
            return false;
        }
        if self.is_big_endian() {
            out.extend_from_slice(&len.to_be_bytes()[8 - width..]);
        } else {
            out.extend_from_slice(&len.to_le_bytes()[..width]);
        }
        true
    }

    /// Reads the length that `bytes` begin with.
    pub fn decode(self, bytes: &[u8]) -> Header {
        if self == Prefix::Varint {
            return decode_varint(bytes);
        }
        let width = self.least();
        let Some(field) = bytes.get(..width) else { return Header::Need(width - bytes.len()) };
        let mut wide = [0; 8];
        let payload = if self.is_big_endian() {
            wide[8 - width..].copy_from_slice(field);
            u64::from_be_bytes(wide)
        } else {
            wide[..width].copy_from_slice(field);
            u64::from_le_bytes(wide)
        };
        Header::Is { header: width, payload }
    }

    /// How many bytes the first `frames` frames of `bytes` take, fewer if fewer are whole.
    pub fn skip(self, bytes: &[u8], frames: usize) -> usize {
        self.split(bytes).take(frames).last().map_or(0, |payload| payload.end)
    }

    /// The places of the payloads of the whole frames in `region`, in order.
    pub fn split(self, region: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let payload = self.whole(&region[at..])?;
            let payload = at + payload.start..at + payload.end;
            at = payload.end;
            Some(payload)
        })
    }

    /// The payload's place if `bytes` begin with a whole frame.
    pub(super) fn whole(self, bytes: &[u8]) -> Option<Range<usize>> {
        let Header::Is { header, payload } = self.decode(bytes) else { return None };
        let end = header.checked_add(usize::try_from(payload).ok()?)?;
        (end <= bytes.len()).then_some(header..end)
    }

    /// The fewest bytes the length takes; for all but a varint also the most.
    pub(super) fn least(self) -> usize {
        match self {
            Prefix::U8 | Prefix::Varint => 1,
            Prefix::U16be | Prefix::U16le => 2,
            Prefix::U24be | Prefix::U24le => 3,
            Prefix::U32be | Prefix::U32le => 4,
            Prefix::U64be | Prefix::U64le => 8,
        }
    }

    fn is_big_endian(self) -> bool {
        matches!(self, Prefix::U16be | Prefix::U24be | Prefix::U32be | Prefix::U64be)
    }
}

fn decode_varint(bytes: &[u8]) -> Header {
    let mut payload = 0;
    for (index, &byte) in bytes.iter().take(VARINT).enumerate() {
        // The tenth byte holds the 64th bit only.
        if index == VARINT - 1 && byte > 1 {
            return Header::Malformed;
        }
        payload |= u64::from(byte & 0x7F) << (7 * index);
        if byte < 0x80 {
            return Header::Is { header: index + 1, payload };
        }
    }
    Header::Need(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, Prefix); 10] = [
        ("u8", Prefix::U8),
        ("u16be", Prefix::U16be),
        ("u16le", Prefix::U16le),
        ("u24be", Prefix::U24be),
        ("u24le", Prefix::U24le),
        ("u32be", Prefix::U32be),
        ("u32le", Prefix::U32le),
        ("u64be", Prefix::U64be),
        ("u64le", Prefix::U64le),
        ("varint", Prefix::Varint),
    ];

    #[test]
    fn every_name_is_parsed_and_no_other() {
        for (name, prefix) in ALL {
            assert_eq!(Prefix::parse(name), Some(prefix));
        }
        for name in ["", "U8", "u16", "u8be", "u128le", "varint ", "leb128"] {
            assert_eq!(Prefix::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_length_is_read_as_it_was_written_and_one_too_wide_is_refused() {
        for (name, prefix) in ALL {
            let bits = if prefix == Prefix::Varint { 64 } else { 8 * prefix.least() };
            for bit in 0..64 {
                for len in [(1_u64 << bit) - 1, 1 << bit, u64::MAX >> (63 - bit)] {
                    let fits = bits == 64 || len < 1 << bits;
                    let mut out = vec![0xEE];
                    assert_eq!(prefix.encode(len, &mut out), fits, "{name} {len}");
                    let written = &out[1..];
                    if !fits {
                        assert!(written.is_empty());
                        continue;
                    }
                    assert_eq!(prefix.decode(written), Header::Is { header: written.len(), payload: len });
                    for cut in 0..written.len() {
                        let Header::Need(n) = prefix.decode(&written[..cut]) else { panic!("{name} {cut}") };
                        assert!(n >= 1 && cut + n <= written.len());
                    }
                }
            }
        }
    }

    #[test]
    fn the_byte_order_is_the_one_named() {
        let written = |prefix: Prefix| {
            let mut out = Vec::new();
            prefix.encode(0x01_02, &mut out);
            out
        };
        assert_eq!(written(Prefix::U24be), [0, 1, 2]);
        assert_eq!(written(Prefix::U24le), [2, 1, 0]);
        assert_eq!(written(Prefix::U64be), [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(written(Prefix::Varint), [0x82, 0x02]);
    }

    #[test]
    fn a_varint_beyond_64_bits_is_malformed_at_its_tenth_byte() {
        let mut bytes = vec![0xFF; 9];
        assert_eq!(Prefix::Varint.decode(&bytes), Header::Need(1));
        bytes.push(0x01);
        assert_eq!(Prefix::Varint.decode(&bytes), Header::Is { header: 10, payload: u64::MAX });
        for last in [0x02, 0x7F, 0x80, 0x81, 0xFF] {
            bytes[9] = last;
            assert_eq!(Prefix::Varint.decode(&bytes), Header::Malformed, "{last:#x}");
        }
    }

    #[test]
    fn a_varint_with_needless_zeros_is_read() {
        assert_eq!(Prefix::Varint.decode(&[0x85, 0x80, 0x00]), Header::Is { header: 3, payload: 5 });
    }

    #[test]
    fn whole_frames_are_split_and_skipped() {
        let region = [2, b'a', b'b', 0, 1, b'c', 9, b'd'];
        assert_eq!(Prefix::U8.split(&region).collect::<Vec<_>>(), [1..3, 4..4, 5..6]);
        assert_eq!([0, 1, 2, 3, 4].map(|k| Prefix::U8.skip(&region, k)), [0, 3, 4, 6, 6]);
    }

    #[test]
    fn a_length_beyond_memory_is_no_whole_frame() {
        let mut region = vec![0xFF; 8];
        region.extend([1, 2, 3]);
        assert_eq!(Prefix::U64le.split(&region).count(), 0);
    }
}
