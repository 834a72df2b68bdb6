//! The failures by which reads end without the system's doing; knows messages and codes alone.

use crate::{
    failure::{Failure, Phase},
    framing::Want,
};

/// The stream ended while `want` was waiting for more than the `there` buffered bytes.
pub fn unexpected_end(want: &Want, there: usize) -> Failure {
    match want {
        Want::Exactly { size } => ended_early(&format!("after {there} of {size} bytes")),
        Want::Until { .. } => ended_early(&format!("before the marker, after {there} bytes")),
        Want::Frames { .. } => ended_early(&format!("inside a frame, after {there} bytes of it")),
        _ => ended_early(&format!("after {there} bytes")),
    }
}

/// The stream ended `how`, before a read had what it wanted.
pub fn ended_early(how: &str) -> Failure {
    Failure::new("ERR_UNEXPECTED_END", Phase::Read, format!("the connection ended {how}"))
}

/// Nothing complete came within `size` bytes.
pub fn over_limit(size: usize) -> Failure {
    let message = format!("nothing complete within {size} bytes; they can still be read in another way");
    Failure::new("ERR_LIMIT", Phase::Read, message)
}

/// The system has no memory for more than the `there` buffered bytes.
pub fn no_memory(there: usize) -> Failure {
    let message =
        format!("no memory for more than the {there} bytes that are there; they can still be read in pieces");
    Failure::new("ENOMEM", Phase::Read, message)
}

/// The caller's memory is not what it was.
pub fn taken_away() -> Failure {
    let message = "the memory to read into was detached or resized while the read was waiting";
    Failure::new("ERR_INVALID_STATE", Phase::Read, message)
}
