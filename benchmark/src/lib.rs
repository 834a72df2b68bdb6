//! What the far end and the blocking client share: the bytes of every stream and the far end's connections,
//! plain, over TLS and behind a proxy.
//!
//! The commands, one line each, sent first on a connection, are those of [`role::Role`].

pub mod alone;
pub mod channel;
pub mod connection;
pub mod identity;
pub mod payload;
pub mod role;
pub mod socks;
