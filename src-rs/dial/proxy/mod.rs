//! Proxies on the way to a target: what each is asked, in its own protocol; knows who is asked for whom, and leaves bytes to
//! the line and messages to the protocols.

mod basic;
mod destination;
mod http;
mod reply;
mod socks4;
mod socks5;

#[cfg(test)]
mod tests;

use std::{fmt, io};

use self::{
    basic::Secrets,
    destination::{Destination, Unfit},
    reply::{Party, Verdict, Wrong},
    socks5::Method,
};
use super::{Endpoint, Family, Host, Plan, deadline::Deadline, failing, line::Line, tls::TlsPlan};
use crate::failure::{Failure, Phase, ViaProxy};

/// How a proxy is spoken to, and where the name it is asked for is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// HTTP's CONNECT; looked up there.
    Http,
    /// SOCKS4; looked up here, IPv4 alone.
    Socks4,
    /// SOCKS4a; looked up there.
    Socks4a,
    /// SOCKS5; looked up here.
    Socks5,
    /// SOCKS5; looked up there.
    Socks5h,
}

impl Kind {
    /// By its name in JavaScript.
    pub fn parse(name: &str) -> Option<Kind> {
        [Kind::Http, Kind::Socks4, Kind::Socks4a, Kind::Socks5, Kind::Socks5h]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Http => "http",
            Kind::Socks4 => "socks4",
            Kind::Socks4a => "socks4a",
            Kind::Socks5 => "socks5",
            Kind::Socks5h => "socks5h",
        }
    }

    /// The proxy is given a name as it stands.
    fn takes_names(self) -> bool {
        matches!(self, Kind::Http | Kind::Socks4a | Kind::Socks5h)
    }
}

/// What a proxy is told of who asks. Its `Debug` tells nothing.
#[derive(Clone, Debug)]
enum Login {
    None,
    /// SOCKS4's user.
    User(User),
    Socks5(socks5::Login),
    Http(basic::Login),
}

#[derive(Clone)]
struct User(String);

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(..)")
    }
}

/// A proxy, and whom it is asked for.
#[derive(Clone, Debug)]
pub struct Hop {
    kind: Kind,
    login: Login,
    /// Its login, not to be quoted.
    secrets: Secrets,
    /// TLS to the proxy itself.
    tls: Option<TlsPlan>,
    /// The next proxy or the target.
    pub next: Endpoint,
}

impl Hop {
    /// Refuses what cannot be said in the proxy's protocol, by a sentence without secrets.
    pub fn new(
        kind: Kind,
        user: Option<&str>,
        password: Option<&str>,
        tls: Option<TlsPlan>,
        next: Endpoint,
    ) -> Result<Hop, String> {
        let words = |unfit: Unfit| unfit.message;
        let login = match (kind, user, password) {
            (_, None, None) => Login::None,
            (Kind::Socks4 | Kind::Socks4a, Some(user), None) => Login::User(User(user.into())),
            (Kind::Socks5 | Kind::Socks5h, Some(user), Some(password)) => {
                Login::Socks5(socks5::Login::new(user, password).map_err(words)?)
            }
            (Kind::Http, Some(user), Some(password)) => {
                Login::Http(basic::Login::new(user, password).map_err(words)?)
            }
            (Kind::Socks4 | Kind::Socks4a, ..) => return Err("SOCKS4 takes a user and no password".into()),
            _ => return Err("a login takes both a user and a password".into()),
        };
        let secrets = Secrets::of(user.unwrap_or_default(), password.unwrap_or_default());
        let hop = Hop { kind, login, secrets, tls, next };
        let destination = match &hop.next.host {
            Host::Ip(ip) => Some(Destination::Ip(*ip)),
            Host::Scoped(..) => {
                return Err(format!(
                    "a proxy cannot be asked for {}: it has other interfaces",
                    hop.next.host
                ));
            }
            Host::Name(name) if kind.takes_names() => Some(Destination::Name(name)),
            Host::Name(_) => None,
        };
        // What is looked up here is checked then; the user is now.
        hop.request(destination.unwrap_or(Destination::Ip([192, 0, 2, 1].into()))).map_err(words)?;
        Ok(hop)
    }

    fn request(&self, destination: Destination<'_>) -> Result<Vec<u8>, Unfit> {
        let port = self.next.port;
        match (&self.login, self.kind) {
            (Login::Http(login), _) => http::request(destination, port, Some(login)),
            (_, Kind::Http) => http::request(destination, port, None),
            (_, Kind::Socks5 | Kind::Socks5h) => socks5::request(destination, port),
            (login, Kind::Socks4 | Kind::Socks4a) => socks4::request(destination, port, user(login)),
        }
    }

    /// Whom to ask the proxy for, looked up here where it takes addresses alone.
    async fn destination(&self, family: Family) -> Result<Destination<'_>, Failure> {
        match &self.next.host {
            Host::Name(name) if self.kind.takes_names() => Ok(Destination::Name(name)),
            // As everywhere, an address is used whatever family is wanted.
            Host::Ip(ip) => Ok(Destination::Ip(*ip)),
            _ => {
                let family = match (self.kind, family) {
                    (Kind::Socks4, Family::V6) => return Err(self.next.no_address(Family::V4)),
                    (Kind::Socks4, _) => Family::V4,
                    (_, family) => family,
                };
                let found = self.next.find().await?;
                // The system's order is the best first. Another address would take another connection to the proxy, which
                // nobody has asked for.
                let addresses = self.next.of_family(family, &found.addresses)?;
                Ok(Destination::Ip(addresses[0].ip()))
            }
        }
    }

    fn scheme(&self) -> String {
        match (self.kind, self.tls.is_some()) {
            (Kind::Http, true) => "https".into(),
            (kind, true) => format!("{}+tls", kind.name()),
            (kind, false) => kind.name().into(),
        }
    }
}

fn user(login: &Login) -> &str {
    match login {
        Login::User(User(user)) => user,
        _ => "",
    }
}

/// Goes through all proxies of the plan; `line` leads to the first one, and to the target afterwards.
pub async fn pass_all(plan: &Plan, line: &mut Line, deadline: Deadline) -> Result<(), Failure> {
    let mut secrets = Secrets::default();
    plan.hops.iter().for_each(|hop| secrets.extend(&hop.secrets));
    for (index, hop) in plan.hops.iter().enumerate() {
        let passed = deadline.bound(pass(hop, plan.family, &secrets, line)).await;
        passed
            .unwrap_or_else(|| Err(failing::proxy_timed_out(plan)))
            .map_err(|failure| on_the_way(plan, index, failure))?;
    }
    Ok(())
}

async fn pass(hop: &Hop, family: Family, secrets: &Secrets, line: &mut Line) -> Result<(), Failure> {
    if let Some(tls) = &hop.tls {
        tls.secure(line).await?;
    }
    let destination = hop.destination(family).await?;
    let request = hop
        .request(destination)
        .map_err(|unfit| Failure::new("ERR_PROXY_REFUSED", Phase::Proxy, unfit.message))?;
    match (&hop.login, hop.kind) {
        (login, Kind::Http) => {
            let mut reader = http::Reader::new(matches!(login, Login::Http(_)), secrets);
            ask(line, &request, |bytes| reader.read(bytes)).await
        }
        (login, Kind::Socks4 | Kind::Socks4a) => {
            let with_user = !user(login).is_empty();
            ask(line, &request, |bytes| socks4::reply(bytes, with_user)).await
        }
        (login, Kind::Socks5 | Kind::Socks5h) => {
            let login = if let Login::Socks5(login) = login { Some(login) } else { None };
            let greeting = socks5::greeting(login.is_some());
            let method = ask(line, greeting, |bytes| socks5::choice(bytes, login.is_some())).await?;
            if let (Method::Login, Some(login)) = (method, login) {
                ask(line, login.packet(), socks5::login_reply).await?;
            }
            ask(line, &request, socks5::reply).await
        }
    }
}

/// Sends a request and waits for its answer; what comes behind that is the next message's, or the target's own.
async fn ask<T>(
    line: &mut Line,
    request: &[u8],
    mut judge: impl FnMut(&[u8]) -> Verdict<T>,
) -> Result<T, Failure> {
    let broken = |syscall| move |error: io::Error| Failure::system(&error, Phase::Proxy, syscall);
    line.send(request).await.map_err(broken("write"))?;
    let mut bytes = Vec::new();
    loop {
        if line.receive(&mut bytes).await.map_err(broken("read"))? == 0 {
            let message = "the proxy ended the connection before its answer was whole";
            return Err(Failure::new("ERR_PROXY_PROTOCOL", Phase::Proxy, message));
        }
        match judge(&bytes) {
            Verdict::More => {}
            Verdict::Done { value, used } => {
                line.put_back(&bytes[used..]);
                return Ok(value);
            }
            Verdict::Wrong(wrong) => return Err(refused(&wrong)),
        }
    }
}

fn refused(wrong: &Wrong) -> Failure {
    let via = ViaProxy {
        reply: wrong.reply().map(|reply| reply.number),
        by_target: matches!(wrong, Wrong::Refused { by: Party::Target, .. }),
        ..ViaProxy::default()
    };
    Failure { via: Some(via.into()), ..Failure::new(wrong.code(), Phase::Proxy, wrong.to_string()) }
}

/// A failure on the way to or through proxy number `index`, which its message names.
pub fn on_the_way(plan: &Plan, index: usize, failure: Failure) -> Failure {
    let hop = &plan.hops[index];
    let place = if index == 0 { &plan.to } else { &plan.hops[index - 1].next };
    let url = format!("{}://{place}", hop.scheme());
    let number =
        if plan.hops.len() == 1 { String::new() } else { format!(" {} of {}", index + 1, plan.hops.len()) };
    let message = format!("proxy{number} {url}: {}", failure.message);
    let via = ViaProxy { url, hop: index, ..failure.via.map(|via| *via).unwrap_or_default() };
    Failure { message, phase: Phase::Proxy, via: Some(via.into()), ..failure }
}
