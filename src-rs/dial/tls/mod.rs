//! TLS on a connected socket: what was asked for becomes rustls' settings, and the handshake runs on tokio. Knows no
//! addresses and nothing of what is sent later.

mod certificate;
mod handshake;
mod keylog;
mod options;
mod refusal;
mod settings;
mod trust;

#[cfg(test)]
mod tests;

pub use options::{Fault, Pin, TlsOptions, Version};

use std::{net::TcpStream, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::time::Instant;

use super::{
    Host,
    deadline::Deadline,
    failing,
    line::{Line, Parts},
    millis_since,
};
use crate::{
    failure::Failure,
    stream::tls::{Description, Tls},
};

/// TLS as it was asked for, checked: with what settings, and for whom.
#[derive(Clone)]
pub struct TlsPlan {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl std::fmt::Debug for TlsPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsPlan").field("name", &self.name).finish_non_exhaustive()
    }
}

impl TlsPlan {
    /// Checks `options` for a connection to `port` of `host`, whose name is what the certificate must be for unless the options
    /// name another. Does no network I/O; connections of like options to a service share their settings, and with them their
    /// sessions.
    pub fn new(options: TlsOptions, host: &Host, port: u16) -> Result<TlsPlan, Fault> {
        let name = match &options.server_name {
            Some(name) => named(name)?,
            None => of_host(host)?,
        };
        Ok(TlsPlan { config: settings::shared(&options, port)?, name })
    }

    /// Puts a line behind TLS.
    pub(super) async fn secure(&self, line: &mut Line) -> Result<Description, Failure> {
        handshake::shake(line, self.clone()).await
    }
}

/// A connection that was made secure.
pub struct Secured {
    /// The layers over its socket, of which the last is the new one.
    pub layers: Vec<Tls>,
    /// Data of the peer that came with the end of the handshake; it is the first to be read.
    pub early: Vec<u8>,
    /// What was agreed on.
    pub description: Description,
    /// How long it took, in ms.
    pub millis: f64,
}

/// Makes a connection secure that has been used without TLS: its handshake goes over `socket`, a descriptor of its own, and
/// over the layers that it has towards proxies.
///
/// Fails with `ETIMEDOUT` when `timeout` is over, and as a dial's handshake does.
pub async fn upgrade(
    socket: TcpStream,
    layers: Vec<Tls>,
    plan: TlsPlan,
    timeout: Option<Duration>,
) -> Result<Secured, Failure> {
    let shaken = async {
        let mut line = Line::new(socket, layers).map_err(|error| handshake::broken(&error, "connect"))?;
        let began = Instant::now();
        let description = plan.secure(&mut line).await?;
        let millis = millis_since(began);
        let Parts { layers, early, .. } =
            line.into_parts().map_err(|error| handshake::broken(&error, "connect"))?;
        Ok(Secured { layers, early, description, millis })
    };
    match Deadline::after(timeout).bound(shaken).await {
        Some(result) => result,
        None => Err(failing::handshake_timed_out(timeout)),
    }
}

fn named(name: &str) -> Result<ServerName<'static>, Fault> {
    let host = super::address::host(name).map_err(|error| Fault::new("servername", error.message))?;
    of_host(&host)
}

/// RFC 6066 section 3 has names without their final dot, and no addresses: those only the certificate is asked for (RFC
/// 9110 section 4.3.5).
fn of_host(host: &Host) -> Result<ServerName<'static>, Fault> {
    match host {
        Host::Ip(ip) => Ok((*ip).into()),
        Host::Scoped(ip, _) => Ok(std::net::IpAddr::from(*ip).into()),
        Host::Name(name) => ServerName::try_from(name.strip_suffix('.').unwrap_or(name).to_owned())
            .map_err(|_| Fault::new("servername", format!("'{name}' cannot stand in a certificate"))),
    }
}
