//! The dialling calls of JavaScript: options become a plan; knows nothing of how it is carried out.

use std::{net::IpAddr, time::Duration};

use napi::bindgen_prelude::External;
use napi_derive::napi;

use super::environment::environment;
use crate::dial::{Family, Plan, SocketOptions, address, tls::TlsPlan};

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

/// Starts a dial, settled as `op` with `[token, holder]`; `tls` is what `planTls` has given.
#[napi(catch_unwind, ts_args_type = "environment: number, op: number, plan: NativePlan, tls?: object")]
pub fn start_dial(
    environment: u32,
    op: u32,
    plan: NativePlan,
    tls: Option<&External<TlsPlan>>,
) -> napi::Result<()> {
    let plan = Plan { tls: tls.map(|tls| TlsPlan::clone(tls)), ..understood(plan)? };
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
    let ip = |text: &str| {
        text.parse::<IpAddr>().map_err(|_| napi::Error::from_reason(format!("{text:?} is not an IP address")))
    };
    let addresses = plan.addresses.map(|list| list.iter().map(|text| ip(text)).collect::<napi::Result<_>>());
    Ok(Plan {
        host: address::host(&plan.host).map_err(|error| napi::Error::from_reason(error.message))?,
        port: plan.port as u16,
        addresses: addresses.transpose()?,
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
        tls: None,
    })
}

/// 0 means none.
pub fn millis(millis: f64) -> Option<Duration> {
    (millis > 0.0).then(|| Duration::try_from_secs_f64(millis / 1000.0).ok())?
}
