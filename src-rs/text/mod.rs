//! Encodings: labels, bytes to text and back, and what ends a line in them; knows no I/O, no JavaScript.

mod label;
#[cfg(test)]
mod tests;

pub use label::{Label, Text, Unmappable};
