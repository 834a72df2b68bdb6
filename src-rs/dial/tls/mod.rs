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

pub use handshake::Secured;
pub use options::{Fault, Pin, TlsOptions, Version};

use std::{net::TcpStream, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};

use super::{Host, deadline::Deadline, failing};
use crate::{failure::Failure, stream::Socket};

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

    pub(super) async fn secure(&self, socket: Socket) -> Result<(Socket, Secured), Failure> {
        let socket = socket.into_std().map_err(|error| handshake::broken(&error, "connect"))?;
        let (socket, secured) = handshake::shake(socket, self.clone()).await?;
        Ok((socket.try_into().map_err(|error| handshake::broken(&error, "connect"))?, secured))
    }
}

/// Makes a connection secure that has been used without TLS: its handshake goes over `socket`, a descriptor of its own.
///
/// Fails with `ETIMEDOUT` when `timeout` is over, and as a dial's handshake does.
pub async fn upgrade(
    socket: TcpStream,
    plan: TlsPlan,
    timeout: Option<Duration>,
) -> Result<Secured, Failure> {
    match Deadline::after(timeout).bound(handshake::shake(socket, plan)).await {
        Some(result) => Ok(result?.1),
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
