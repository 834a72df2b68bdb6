//! What JavaScript calls: the only layer that knows Node-API. Everything here runs on an environment's own thread.

mod codec;
mod connection;
mod dial;
mod dials;
mod environment;
mod failures;
mod hot;
mod mail;
mod memory;
mod post;
mod reactor;
mod reads;
mod threadsafe;
mod tls;
mod writes;

use napi_derive::napi;

/// The version this binary was built from, which must be the package's.
#[napi]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}
