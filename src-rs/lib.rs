//! The layers of tcpull's core, top to bottom; a layer imports only from those below it.
//!
//! ```text
//! binding    what JavaScript calls; the only layer that knows Node-API
//! session    one connection's life: reads, writes, deadlines, close
//! dial       an address becomes a connected stream, on tokio
//! text       labels of encodings; lines become strings and back
//! framing    bytes in, answers out: buffer, markers, lines, frames
//! stream     a non-blocking socket, or TLS over it
//! reactor    "call me when this socket is ready or this time has come"
//! failure    what went wrong, as plain data
//! ```

// napi registers no functions in test builds, so that all of it would count as dead.
#[cfg(all(feature = "binding", not(test)))]
#[allow(unsafe_code)]
mod binding;
pub mod dial;
pub mod failure;
pub mod framing;
pub mod reactor;
pub mod session;
pub mod stream;
pub mod text;
