//! What a dial is asked to do and what it gives back, and which addresses come of the asking; knows no sockets.

use std::{
    fmt,
    net::{IpAddr, SocketAddr, SocketAddrV6},
    sync::Arc,
    time::Duration,
};

use super::{Host, SocketOptions, proxy::Hop, race::Stagger, resolve, tls::TlsPlan};
use crate::{
    failure::{Attempt, Failure, Phase},
    stream::{Transport, tls::Description},
};

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whom the socket is connected to: the target, or the first proxy.
    pub to: Endpoint,
    /// Through which proxies from there, in their order; each is asked for the next one, the last for the target.
    pub hops: Vec<Hop>,
    /// Which addresses of a name may be used. A host written as an address is used whatever this says, as in Node.
    pub family: Family,
    /// The address to connect from; far addresses of the other family are then passed over. `None`: the system's choice.
    pub local_address: Option<IpAddr>,
    /// The port to connect from; 0: the system's choice. As two sockets cannot share a port, addresses are then tried one
    /// after the other's failure.
    pub local_port: u16,
    /// How long one attempt has the field for itself (RFC 8305 section 5; 250 ms is what it recommends).
    pub attempt_delay: Duration,
    /// The time for the whole dial; `None`: no limit.
    pub timeout: Option<Duration>,
    /// Options of the socket.
    pub socket: SocketOptions,
    /// TLS over the connection; `None`: none.
    pub tls: Option<TlsPlan>,
}

/// A service on some machine.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The machine.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// The host's addresses, where the caller has looked them up; nothing is looked up then.
    pub addresses: Option<Vec<IpAddr>>,
}

/// Which addresses of a name may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

/// A connected stream, and how it came about.
#[derive(Debug)]
pub struct Dialled {
    /// The connection; no event loop has it.
    pub stream: Transport,
    /// Bytes of the far end that came during the dial; they are the first to be read.
    pub early: Vec<u8>,
    /// What its TLS handshake agreed on, where there was one.
    pub tls: Option<Description>,
    /// Where the time went.
    pub timings: Timings,
    /// Every address tried, in order of the starts.
    pub attempts: Vec<Attempt>,
    /// The far end's address.
    pub peer: SocketAddr,
    /// This end's address.
    pub local: SocketAddr,
}

/// How long the steps took, in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timings {
    /// The look-up; `None` where nothing was looked up.
    pub lookup: Option<f64>,
    /// From the first attempt's start to the connection.
    pub connect: f64,
    /// From the connection to the first proxy to the last one's answer; `None` where there was none.
    pub proxy: Option<f64>,
    /// The target's TLS handshake; `None` where there was none.
    pub tls: Option<f64>,
}

/// Addresses to try, and whether a look-up gave them.
pub(super) struct Found {
    pub addresses: Arc<[SocketAddr]>,
    pub looked_up: bool,
}

impl fmt::Display for Endpoint {
    /// `host:port`, with the brackets that IPv6 needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            Host::Name(_) | Host::Ip(IpAddr::V4(_)) => write!(f, "{}:{}", self.host, self.port),
            Host::Ip(IpAddr::V6(_)) | Host::Scoped(..) => write!(f, "[{}]:{}", self.host, self.port),
        }
    }
}

impl Endpoint {
    /// The host's addresses, looked up where it takes that; their ports are not set yet.
    pub(super) async fn find(&self) -> Result<Found, Failure> {
        if let Some(given) = &self.addresses {
            let addresses = given.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
            return Ok(Found { addresses, looked_up: false });
        }
        let numeric = |address: SocketAddr| Found { addresses: [address].into(), looked_up: false };
        match &self.host {
            Host::Ip(ip) => Ok(numeric(SocketAddr::new(*ip, 0))),
            Host::Scoped(ip, zone) => match zone.parse() {
                Ok(index) => Ok(numeric(SocketAddrV6::new(*ip, 0, 0, index).into())),
                // The system's resolver also knows the interfaces' names.
                Err(_) => {
                    Ok(Found { addresses: resolve::resolve(&self.host.to_string()).await?, looked_up: true })
                }
            },
            Host::Name(name) => Ok(Found { addresses: resolve::resolve(name).await?, looked_up: true }),
        }
    }

    /// Of the found addresses those of `family`, with the port. Fails with `ENOTFOUND` where there are none.
    pub(super) fn of_family(&self, family: Family, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, Failure> {
        let allowed = |address: &SocketAddr| match family {
            _ if !matches!(self.host, Host::Name(_)) => true,
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        let with_port = |address: &SocketAddr| {
            let mut address = *address;
            address.set_port(self.port);
            address
        };
        let addresses: Vec<_> = found.iter().filter(|address| allowed(address)).map(with_port).collect();
        if addresses.is_empty() { Err(self.no_address(family)) } else { Ok(addresses) }
    }

    /// The name has no address of that family.
    pub(super) fn no_address(&self, family: Family) -> Failure {
        let family = match family {
            Family::Any => "",
            Family::V4 => ": no IPv4 address",
            Family::V6 => ": no IPv6 address",
        };
        let message = format!("getaddrinfo ENOTFOUND {}{family}", self.host);
        Failure { syscall: Some("getaddrinfo"), ..Failure::new("ENOTFOUND", Phase::Lookup, message) }
    }
}

impl Plan {
    /// Of the found addresses of the first connection those that the plan allows, with the port. Fails with `ENOTFOUND` where
    /// the family leaves none, with `EINVAL` where the local address does.
    pub(super) fn usable(&self, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, Failure> {
        let mut addresses = self.to.of_family(self.family, found)?;
        if let Some(local) = self.local_address {
            addresses.retain(|address| address.is_ipv4() == local.is_ipv4());
            if addresses.is_empty() {
                return Err(self.no_way_from(local));
            }
        }
        Ok(addresses)
    }

    /// See [`Plan::attempt_delay`] and [`Plan::local_port`].
    pub(super) fn stagger(&self) -> Stagger {
        if self.local_port == 0 { Stagger::After(self.attempt_delay) } else { Stagger::Never }
    }

    /// Whom all of this is about, in the end.
    pub(super) fn target(&self) -> &Endpoint {
        self.hops.last().map_or(&self.to, |hop| &hop.next)
    }

    fn no_way_from(&self, local: IpAddr) -> Failure {
        let family = if local.is_ipv4() { "IPv4" } else { "IPv6" };
        let message =
            format!("bind EINVAL {local}: {} has no {family} address to connect to from there", self.to.host);
        Failure { syscall: Some("bind"), ..Failure::new("EINVAL", Phase::Connect, message) }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
