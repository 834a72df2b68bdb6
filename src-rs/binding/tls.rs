//! The calls of JavaScript that are about TLS: options become a plan, a connection is upgraded, what was agreed on is told.

use std::path::PathBuf;

use napi::bindgen_prelude::{Buffer, Either, External};
use napi_derive::napi;

use super::{
    connection::{call_in, plain},
    dial::millis,
    environment::environment,
    memory::Value,
};
use crate::{
    dial::{
        self, address,
        tls::{Fault, TlsOptions, TlsPlan, Version},
    },
    stream::tls::Description,
};

/// Options of TLS, their types checked by JavaScript; what is absent has its default.
#[napi(object, object_to_js = false)]
pub struct NativeTls {
    pub ca: Vec<Either<String, Buffer>>,
    pub ca_only: bool,
    pub cert: Option<Either<String, Buffer>>,
    /// PKCS#8 in DER.
    pub key: Option<Buffer>,
    pub server_name: Option<String>,
    pub alpn: Vec<String>,
    pub verify: bool,
    /// 12 or 13.
    pub oldest: u32,
    pub newest: u32,
    /// 32 bytes each.
    pub pins: Vec<Buffer>,
    pub resume: bool,
    pub keylog: Option<String>,
}

/// What a TLS handshake agreed on.
#[napi(object, object_from_js = false)]
pub struct NativeTlsDescription {
    pub protocol: String,
    pub cipher: String,
    pub group: Option<String>,
    pub alpn: Option<String>,
    pub resumed: bool,
    pub chain: Vec<Buffer>,
}

/// Checks options of TLS with `port` of `host`, and gives what dials and upgrades take. Throws a sentence that begins with the option's
/// name.
#[napi(catch_unwind, ts_return_type = "object")]
pub fn plan_tls(tls: NativeTls, host: String, port: u32) -> napi::Result<External<TlsPlan>> {
    let host = address::host(&host).map_err(|error| napi::Error::from_reason(error.message))?;
    let plan = options(tls).and_then(|options| TlsPlan::new(options, &host, port as u16));
    let told =
        |Fault { option, message }| napi::Error::from_reason(format!("options.tls.{option} {message}"));
    plan.map(External::new).map_err(told)
}

fn options(tls: NativeTls) -> Result<TlsOptions, Fault> {
    let version = |number| if number == 12 { Version::Tls12 } else { Version::Tls13 };
    let pin = |pin: &Buffer| pin.as_ref().try_into().map_err(|_| Fault::new("pin", "must be of 32 bytes"));
    Ok(TlsOptions {
        ca: tls.ca.into_iter().map(bytes).collect(),
        ca_only: tls.ca_only,
        cert: tls.cert.map(bytes),
        key: tls.key.map(Into::into),
        server_name: tls.server_name,
        alpn: tls.alpn.into_iter().map(String::into_bytes).collect(),
        verify: tls.verify,
        oldest: version(tls.oldest),
        newest: version(tls.newest),
        pins: tls.pins.iter().map(pin).collect::<Result<_, _>>()?,
        resume: tls.resume,
        keylog: tls.keylog.map(PathBuf::from),
    })
}

fn bytes(given: Either<String, Buffer>) -> Vec<u8> {
    match given {
        Either::A(text) => text.into_bytes(),
        Either::B(bytes) => bytes.into(),
    }
}

/// Upgrades a connection to TLS, settled as `op`; gives a failure where it may not be upgraded.
#[napi(
    catch_unwind,
    ts_args_type = "environment: number, token: number, op: number, plan: object, timeout: number",
    ts_return_type = "unknown"
)]
pub fn start_tls(id: u32, token: u32, op: u32, plan: &External<TlsPlan>, timeout: f64) -> Value {
    let Some(environment) = environment(id) else { return Value(std::ptr::null_mut()) };
    let mut line = None;
    let refused = call_in(&environment, token, plain(op), |connection, session, post| {
        match session.begin_upgrade(op) {
            Ok(handed_over) => {
                connection.upgrade.set(Some(op));
                line = Some(handed_over);
            }
            Err(failure) => post.fail(op, failure),
        }
    });
    // Nobody waits for it where the connection has failed meanwhile.
    let waits =
        || environment.connection(token).is_some_and(|connection| connection.upgrade.get() == Some(op));
    if let Some((socket, layers)) = line
        && waits()
    {
        environment.secure(op, token, dial::upgrade(socket, layers, TlsPlan::clone(plan), millis(timeout)));
    }
    refused
}

/// What the connection's TLS handshake agreed on; `null` where there was none.
#[napi(catch_unwind)]
pub fn describe_tls(id: u32, token: u32) -> Option<NativeTlsDescription> {
    let connection = environment(id)?.connection(token)?;
    let tls = connection.tls.borrow();
    let Description { protocol, cipher, group, alpn, resumed, chain } = tls.clone()?;
    Some(NativeTlsDescription {
        protocol: protocol.into(),
        cipher,
        group,
        alpn: alpn.map(|alpn| String::from_utf8_lossy(&alpn).into_owned()),
        resumed,
        chain: chain.into_iter().map(Into::into).collect(),
    })
}
