//! An encoding, a line's marker and their options as one object of JavaScript's; knows no connections.

use std::{ptr, rc::Rc};

use napi::{Env, bindgen_prelude::External, sys};
use napi_derive::napi;

use super::memory::{self, Value, copied};
use crate::{
    failure::{Failure, Phase},
    framing::LineRule,
    text::{Label, Text},
};

/// How lines are cut from bytes and become strings.
pub struct Codec {
    label: Label,
    /// The marker as JavaScript has it, in UTF-16.
    marker: Vec<u16>,
    pub rule: Rc<LineRule>,
    pub keep: bool,
    pub fatal: bool,
}

/// A line or several as a value: one string, joined by their markers, or an array where joining could mislead.
pub struct Presented {
    pub value: sys::napi_value,
    pub has_carriage_return: bool,
}

impl Codec {
    /// The value for `items` lines, still joined when there are several.
    pub fn present(&self, env: sys::napi_env, bytes: &[u8], items: u32) -> Result<Presented, Failure> {
        if items > 1 && !self.label.splits_after_decoding(bytes, &self.marker) {
            return Ok(Presented { value: self.array(env, bytes), has_carriage_return: false });
        }
        let (text, malformed) = self.label.decode(bytes);
        if malformed && self.fatal {
            let message = "the line is malformed in its encoding; its bytes can still be read";
            return Err(Failure::new("ERR_ENCODING_INVALID_ENCODED_DATA", Phase::Read, message));
        }
        let value = string(env, &text);
        if value.is_null() {
            let message = "the line is longer than a string can be; its bytes can still be read";
            return Err(Failure::new("ERR_STRING_TOO_LONG", Phase::Read, message));
        }
        let has_carriage_return = items > 1 && self.rule.has_carriage_return(bytes);
        Ok(Presented { value, has_carriage_return })
    }

    fn array(&self, env: sys::napi_env, bytes: &[u8]) -> sys::napi_value {
        let mut array = ptr::null_mut();
        // SAFETY: a live environment; so for the element below.
        unsafe { sys::napi_create_array(env, &mut array) };
        for (index, line) in self.rule.split(bytes, false).enumerate() {
            let (text, _) = self.label.decode(&bytes[line]);
            unsafe { sys::napi_set_element(env, array, index as u32, string(env, &text)) };
        }
        array
    }
}

/// Makes a codec. Throws when the label is unknown or the marker cannot be written in the encoding.
#[napi(catch_unwind, ts_return_type = "object")]
pub fn create_codec(
    label: String,
    marker: String,
    keep: bool,
    fatal: bool,
) -> napi::Result<External<Rc<Codec>>> {
    let parsed = Label::parse(&label).ok_or_else(|| napi::Error::from_reason("unknown encoding"))?;
    let marker = marker.encode_utf16().collect::<Vec<_>>();
    let rule =
        parsed.line_rule(&marker, keep).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    Ok(External::new(Rc::new(Codec { label: parsed, marker, rule: Rc::new(rule), keep, fatal })))
}

/// `text` in the codec's encoding. Throws when a character does not exist in it.
#[napi(catch_unwind, ts_args_type = "codec: object, text: string", ts_return_type = "Buffer")]
pub fn encode(env: Env, codec: &External<Rc<Codec>>, text: napi::JsString<'_>) -> napi::Result<Value> {
    let units = text.into_utf16()?;
    // N-API ends the string with a NUL that is not part of it.
    let units = units.as_slice().split_last().map_or(&[][..], |(_, units)| units);
    let bytes = codec.label.encode(units).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    Ok(Value(copied(env.raw(), &bytes)))
}

/// Whether the label names an encoding that lines can have.
#[napi(catch_unwind)]
pub fn is_encoding(label: String) -> bool {
    Label::parse(&label).is_some()
}

/// A decoded text as a JavaScript string.
fn string(env: sys::napi_env, text: &Text<'_>) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: pointers and lengths are those of live slices.
    unsafe {
        match text {
            Text::Utf8(text) => return memory::text(env, text),
            Text::Latin1(bytes) => {
                sys::napi_create_string_latin1(env, bytes.as_ptr().cast(), bytes.len() as isize, &mut value)
            }
            Text::Utf16(units) => {
                sys::napi_create_string_utf16(env, units.as_ptr(), units.len() as isize, &mut value)
            }
        }
    };
    value
}
