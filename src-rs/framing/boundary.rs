//! Where characters begin in an encoding, as far as finding a marker needs it; knows byte ranges, no characters.
//!
//! A marker is a hit only where a character may begin, else `\` would be found inside a Shift_JIS character.
//! The ranges are those of the decoders in the WHATWG Encoding Standard; a character always begins where a
//! read begins.

/// Bytes beyond a character's first that may have to be seen to know its length: GB18030 has characters of 4
/// bytes.
pub(super) const LOOKAHEAD: usize = 3;

/// The encodings that differ in where a marker may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// At any byte: bytes without an encoding, single-byte encodings, UTF-8.
    Any,
    /// At an even distance from where the read began: UTF-16.
    Even,
    /// Where a character of a multi-byte encoding without state begins.
    DoubleByte(DoubleByte),
    /// Where a character of ISO-2022-JP begins, and the bytes mean ASCII or begin an escape sequence.
    Iso2022Jp,
}

/// The multi-byte encodings without state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubleByte {
    /// GBK and GB18030.
    Gb18030,
    /// Big5.
    Big5,
    /// Shift_JIS.
    ShiftJis,
    /// EUC-JP.
    EucJp,
    /// EUC-KR.
    EucKr,
}

/// A place that is known to be the begin of a character, and what the bytes after it mean.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Walk {
    at: usize,
    set: Set,
}

/// What ISO-2022-JP's last escape sequence selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Set {
    #[default]
    Ascii,
    Roman,
    Katakana,
    Double,
}

impl Boundary {
    /// Whether a character begins wherever `byte` is, so that nobody need walk.
    pub(super) fn begins_at(self, byte: u8) -> bool {
        match self {
            Boundary::Any => true,
            Boundary::Even => false,
            // Digits are second and fourth bytes of GB18030; letters are second bytes of the others.
            Boundary::DoubleByte(DoubleByte::EucJp) => byte < 0x80,
            Boundary::DoubleByte(_) => byte < 0x30,
            // Below 0x21 nothing is part of a character; a sender that forgets to return to ASCII at a line's
            // end still has its line ended.
            Boundary::Iso2022Jp => byte < 0x21,
        }
    }

    /// Whether a marker may begin at `at`; `None` if that depends on bytes to come. `walk` is where an
    /// earlier question left it; places are asked for in rising order.
    pub(super) fn is_begin(self, bytes: &[u8], at: usize, walk: &mut Walk) -> Option<bool> {
        match self {
            Boundary::Any => Some(true),
            Boundary::Even => Some(at.is_multiple_of(2)),
            Boundary::DoubleByte(_) | Boundary::Iso2022Jp => {
                while walk.at < at {
                    *walk = self.step(bytes, *walk)?;
                }
                let readable = match walk.set {
                    Set::Ascii => true,
                    // Roman has the yen sign and the overline in these two places.
                    Set::Roman => bytes[at] != b'\\' && bytes[at] != b'~',
                    Set::Katakana | Set::Double => bytes[at] < 0x21,
                };
                Some(walk.at == at && readable)
            }
        }
    }

    /// Moves `walk` on, to the last begin of a character at or before `to` that is certain.
    pub(super) fn advance(self, bytes: &[u8], to: usize, walk: &mut Walk) {
        if matches!(self, Boundary::DoubleByte(_) | Boundary::Iso2022Jp) {
            while walk.at < to {
                match self.step(bytes, *walk) {
                    Some(next) if next.at <= to => *walk = next,
                    _ => break,
                }
            }
        }
    }

    /// The begin of the next character; `None` if this one is not whole. A byte that begins nothing stands
    /// alone.
    fn step(self, bytes: &[u8], walk: Walk) -> Option<Walk> {
        let rest = &bytes[walk.at..];
        super::effort::spend(1);
        let (len, set) = match self {
            Boundary::DoubleByte(kind) => (kind.len(rest)?, walk.set),
            Boundary::Iso2022Jp => walk.set.step(rest)?,
            Boundary::Any | Boundary::Even => (1, walk.set),
        };
        Some(Walk { at: walk.at + len, set })
    }
}

impl DoubleByte {
    /// The length of the character that `rest` begins with; a lead byte without its trail has length 1, as
    /// decoders look at the byte that came instead once more.
    fn len(self, rest: &[u8]) -> Option<usize> {
        let lead = *rest.first()?;
        let is_lead = match self {
            DoubleByte::Gb18030 | DoubleByte::Big5 | DoubleByte::EucKr => (0x81..=0xFE).contains(&lead),
            DoubleByte::ShiftJis => matches!(lead, 0x81..=0x9F | 0xE0..=0xFC),
            DoubleByte::EucJp => matches!(lead, 0x8E | 0x8F | 0xA1..=0xFE),
        };
        if !is_lead {
            return Some(1);
        }
        let trail = *rest.get(1)?;
        let two = |is_trail: bool| Some(if is_trail { 2 } else { 1 });
        match self {
            DoubleByte::Gb18030 if trail.is_ascii_digit() => match (*rest.get(2)?, rest.get(3)) {
                (0x81..=0xFE, None) => None,
                (0x81..=0xFE, Some(b'0'..=b'9')) => Some(4),
                _ => Some(1),
            },
            DoubleByte::Gb18030 => two(matches!(trail, 0x40..=0x7E | 0x80..=0xFE)),
            DoubleByte::Big5 => two(matches!(trail, 0x40..=0x7E | 0xA1..=0xFE)),
            DoubleByte::ShiftJis => two(matches!(trail, 0x40..=0x7E | 0x80..=0xFC)),
            DoubleByte::EucKr => two(matches!(trail, 0x41..=0xFE)),
            DoubleByte::EucJp if lead == 0x8E => two(matches!(trail, 0xA1..=0xDF)),
            DoubleByte::EucJp if lead == 0x8F && (0xA1..=0xFE).contains(&trail) => {
                Some(if (0xA1..=0xFE).contains(rest.get(2)?) { 3 } else { 2 })
            }
            DoubleByte::EucJp => two(matches!(trail, 0xA1..=0xFE)),
        }
    }
}

impl Set {
    fn step(self, rest: &[u8]) -> Option<(usize, Set)> {
        let first = *rest.first()?;
        if first == 0x1B {
            let set = match (*rest.get(1)?, rest.get(2)) {
                (b'(' | b'$', None) => return None,
                (b'(', Some(b'B')) => Set::Ascii,
                (b'(', Some(b'J')) => Set::Roman,
                (b'(', Some(b'I')) => Set::Katakana,
                (b'$', Some(b'@' | b'B')) => Set::Double,
                _ => return Some((1, self)),
            };
            return Some((3, set));
        }
        let is_half = |byte: u8| (0x21..=0x7E).contains(&byte);
        if self == Set::Double && is_half(first) {
            return Some((if is_half(*rest.get(1)?) { 2 } else { 1 }, self));
        }
        Some((1, self))
    }
}
