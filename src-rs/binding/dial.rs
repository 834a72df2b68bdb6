//! The dialling calls of JavaScript: options become a plan; knows nothing of how it is carried out.

use std::{net::IpAddr, time::Duration};

use napi::bindgen_prelude::{External, ExternalRef};
use napi_derive::napi;

use super::environment::environment;
use crate::dial::{
    Endpoint, Family, Plan, SocketOptions, address,
    proxy::{Hop, Kind},
    tls::TlsPlan,
};

/// An address that was understood.
#[napi(object, object_from_js = false)]
pub struct NativeAddress {
    /// The host in ASCII (after IDNA), or the IP address.
    pub host: String,
    pub port: u32,
    pub tls: bool,
}

/// Options of a dial, checked and with their defaults filled in by JavaScript; times in milliseconds, 0 means none.
#[napi(object, object_to_js = false)]
pub struct NativePlan {
    pub host: String,
    pub port: u32,
    pub addresses: Option<Vec<String>>,
    pub family: u32,
    pub local_address: Option<String>,
    pub local_port: u32,
    pub attempt_delay: f64,
    pub timeout: f64,
    pub no_delay: bool,
    pub keep_alive: bool,
    pub keep_alive_initial_delay: f64,
    pub user_timeout: f64,
    /// What `planTls` has given.
    #[napi(ts_type = "object")]
    pub tls: Option<ExternalRef<TlsPlan>>,
    /// The proxies, of which `host` and `port` are the first one's.
    pub hops: Vec<NativeHop>,
}

/// A proxy as `planHop` has given it, and the addresses of whom it is asked for, where they were looked up.
#[napi(object, object_to_js = false)]
pub struct NativeHop {
    #[napi(ts_type = "object")]
    pub hop: ExternalRef<Hop>,
    pub addresses: Option<Vec<String>>,
}

/// Checks a proxy of `kind` (`http`, `socks4`, `socks4a`, `socks5` or `socks5h`) that is to be asked for `host` and `port`, and
/// gives what dials take; `tls` is what `planTls` has given. Throws a sentence.
#[napi(
    catch_unwind,
    ts_args_type = "kind: string, username: string | null, password: string | null, tls: object | null, host: string, port: number",
    ts_return_type = "object"
)]
pub fn plan_hop(
    kind: String,
    username: Option<String>,
    password: Option<String>,
    tls: Option<&External<TlsPlan>>,
    host: String,
    port: u32,
) -> napi::Result<External<Hop>> {
    let kind = Kind::parse(&kind).ok_or_else(|| napi::Error::from_reason("unknown kind of proxy"))?;
    let tls = tls.map(|tls| TlsPlan::clone(tls));
    let next = endpoint(&host, port, None)?;
    let hop = Hop::new(kind, username.as_deref(), password.as_deref(), tls, next);
    hop.map(External::new).map_err(napi::Error::from_reason)
}

/// Reads `'host:port'` and its kin. Throws a sentence that says what is wrong.
#[napi(catch_unwind)]
pub fn parse_address(address: String) -> napi::Result<NativeAddress> {
    let parsed = address::parse(&address).map_err(|error| napi::Error::from_reason(error.message))?;
    Ok(NativeAddress { host: parsed.host.to_string(), port: parsed.port.into(), tls: parsed.tls })
}

/// Reads a host alone, an IPv6 address without brackets included. Throws a sentence that says what is wrong.
#[napi(catch_unwind)]
pub fn parse_host(host: String) -> napi::Result<String> {
    let host = address::host(&host).map_err(|error| napi::Error::from_reason(error.message))?;
    Ok(host.to_string())
}

/// Starts a dial, settled as `op` with `[token, holder]`.
#[napi(catch_unwind)]
pub fn start_dial(environment: u32, op: u32, plan: NativePlan) -> napi::Result<()> {
    let plan = understood(plan)?;
    if let Some(environment) = self::environment(environment) {
        environment.dial(op, plan);
    }
    Ok(())
}

/// Gives a dial up; `false` when it was no longer pending.
#[napi(catch_unwind)]
pub fn abandon_dial(environment: u32, op: u32) -> bool {
    self::environment(environment).is_some_and(|environment| environment.abandon_dial(op))
}

fn understood(plan: NativePlan) -> napi::Result<Plan> {
    Ok(Plan {
        to: endpoint(&plan.host, plan.port, plan.addresses)?,
        hops: plan.hops.into_iter().map(hop).collect::<napi::Result<_>>()?,
        family: match plan.family {
            4 => Family::V4,
            6 => Family::V6,
            _ => Family::Any,
        },
        local_address: plan.local_address.as_deref().map(ip).transpose()?,
        local_port: plan.local_port as u16,
        attempt_delay: millis(plan.attempt_delay).unwrap_or_default(),
        timeout: millis(plan.timeout),
        socket: SocketOptions {
            no_delay: plan.no_delay,
            keep_alive: plan.keep_alive,
            keep_alive_initial_delay: millis(plan.keep_alive_initial_delay).unwrap_or_default(),
            user_timeout: millis(plan.user_timeout),
        },
        tls: plan.tls.map(|tls| TlsPlan::clone(&tls)),
    })
}

fn hop(NativeHop { hop, addresses }: NativeHop) -> napi::Result<Hop> {
    let mut hop = Hop::clone(&hop);
    hop.next.addresses = addresses.map(ips).transpose()?;
    Ok(hop)
}

fn endpoint(host: &str, port: u32, addresses: Option<Vec<String>>) -> napi::Result<Endpoint> {
    let host = address::host(host).map_err(|error| napi::Error::from_reason(error.message))?;
    Ok(Endpoint { host, port: port as u16, addresses: addresses.map(ips).transpose()? })
}

fn ips(list: Vec<String>) -> napi::Result<Vec<IpAddr>> {
    list.iter().map(|text| ip(text)).collect()
}

fn ip(text: &str) -> napi::Result<IpAddr> {
    text.parse().map_err(|_| napi::Error::from_reason(format!("{text:?} is not an IP address")))
}

/// 0 means none.
pub fn millis(millis: f64) -> Option<Duration> {
    (millis > 0.0).then(|| Duration::try_from_secs_f64(millis / 1000.0).ok())?
}
