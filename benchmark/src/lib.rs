//! What the far end and the blocking client share: the bytes of every stream and the far end's connections.
//!
//! The commands, one line each, sent first on a connection, are those of [`role::Role`].

pub mod connection;
pub mod payload;
pub mod role;
