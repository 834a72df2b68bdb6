//! What a user writes for an address, taken apart and checked; knows the notations and IDNA, no network and no options.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// Where to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The machine.
    pub host: Host,
    /// The TCP port, never 0.
    pub port: u16,
    /// `tls://` was written.
    pub tls: bool,
}

/// A machine, as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name to look up, in ASCII (UTS 46), lower case. One final dot stays: it makes the name absolute (RFC 1034
    /// section 3.1), so that no search list applies.
    Name(String),
    /// An address in numbers.
    Ip(IpAddr),
    /// An IPv6 address that means something on one interface only: `fe80::1%eth0` (RFC 4007 section 11).
    Scoped(Ipv6Addr, String),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Ip(ip) => ip.fmt(f),
            Host::Scoped(ip, zone) => write!(f, "{ip}%{zone}"),
        }
    }
}

/// Why an address was refused; the message never repeats what may be a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    /// A sentence for a person.
    pub message: String,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AddressError {}

/// Takes `host:port`, `[::1]:port`, `tcp://host:port` or `tls://host:port` apart. There is no default port; after a
/// scheme one final `/` is allowed.
pub fn parse(address: &str) -> Result<Address, AddressError> {
    check_characters(address)?;
    let (tls, rest) = match address.split_once("://") {
        None => (false, address),
        Some((scheme, rest)) => (is_tls(scheme)?, rest.strip_suffix('/').unwrap_or(rest)),
    };
    if rest.contains(['/', '?', '#', '\\']) {
        return refuse("an address is host and port alone, without path or query");
    }
    let (name, port) = split_port(rest)?;
    Ok(Address { host: host(name)?, port: parse_port(port)?, tls })
}

/// Checks a host alone: a name, an IPv4 address or an IPv6 address with or without brackets.
pub fn host(host: &str) -> Result<Host, AddressError> {
    check_characters(host)?;
    if let Some(inner) = host.strip_prefix('[') {
        let Some(inner) = inner.strip_suffix(']') else {
            return refuse(format!("'{host}' lacks the closing bracket"));
        };
        return parse_ipv6(inner);
    }
    if host.contains(':') { parse_ipv6(host) } else { parse_name(host) }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, AddressError> {
    Err(AddressError { message: message.into() })
}

/// No line end, NUL or space may travel on into a look-up, a proxy's request or a log (curl and undici had to learn it).
/// User information is refused here as well, before any message quotes the text.
fn check_characters(text: &str) -> Result<(), AddressError> {
    if text.contains('@') {
        return refuse("an address takes no user name or password");
    }
    match text.chars().find(|c| c.is_control() || c.is_whitespace()) {
        Some(found) => refuse(format!("a host must not contain {found:?}")),
        None if text.is_empty() => refuse("the host is empty"),
        None => Ok(()),
    }
}

fn is_tls(scheme: &str) -> Result<bool, AddressError> {
    if scheme.eq_ignore_ascii_case("tls") {
        Ok(true)
    } else if scheme.eq_ignore_ascii_case("tcp") {
        Ok(false)
    } else {
        refuse("an address starts with 'tcp://', 'tls://' or the host")
    }
}

fn split_port(rest: &str) -> Result<(&str, &str), AddressError> {
    if rest.starts_with('[') {
        let Some(end) = rest.find(']') else {
            return refuse(format!("'{rest}' lacks the closing bracket"));
        };
        let (host, after) = rest.split_at(end + 1);
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None if after.is_empty() => refuse(format!("'{rest}' lacks a port")),
            None => refuse(format!("'{after}' follows the bracket where ':port' should")),
        };
    }
    let Some((host, port)) = rest.rsplit_once(':') else {
        return refuse(format!("'{rest}' lacks a port"));
    };
    if host.contains(':') {
        return refuse(format!(
            "'{rest}' is ambiguous: an IPv6 address takes brackets, as in '[::1]:{port}'"
        ));
    }
    if host.is_empty() {
        return refuse(format!("'{rest}' lacks a host"));
    }
    Ok((host, port))
}

fn parse_port(port: &str) -> Result<u16, AddressError> {
    // `u16::from_str` alone would take "+80".
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    match port.parse() {
        Ok(number @ 1..) if digits => Ok(number),
        _ => refuse(format!("the port '{port}' is not a whole number from 1 to 65535")),
    }
}

fn parse_ipv6(text: &str) -> Result<Host, AddressError> {
    let (ip, zone) = match text.split_once('%') {
        Some((ip, zone)) => (ip, Some(zone)),
        None => (text, None),
    };
    let Ok(ip) = ip.parse::<Ipv6Addr>() else {
        return refuse(format!("'{text}' is not an IPv6 address"));
    };
    match zone {
        None => Ok(Host::Ip(ip.into())),
        Some("") => refuse(format!("'{text}' lacks the interface after '%'")),
        Some(zone) if zone.contains(['%', '/', ':', '[', ']', '@']) => {
            refuse(format!("'{zone}' is not the name of an interface"))
        }
        Some(zone) => Ok(Host::Scoped(ip, zone.into())),
    }
}

fn parse_name(text: &str) -> Result<Host, AddressError> {
    // The deny list is the URL standard's: all but what would change the meaning; an underscore is fine, as many
    // machines have one.
    let ascii = Uts46::new().to_ascii(text.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore);
    let Ok(name) = ascii else {
        return refuse(format!("'{text}' is not a host name"));
    };
    // Only now, as full-width digits and the like have become ASCII.
    if ends_in_number(&name) {
        return match name.parse::<Ipv4Addr>() {
            Ok(ip) => Ok(Host::Ip(ip.into())),
            Err(_) => refuse(format!("'{text}' is not an IPv4 address of four decimal numbers")),
        };
    }
    check_lengths(text, &name)?;
    Ok(Host::Name(name.into_owned()))
}

/// The URL standard's test for what resolvers read as an IPv4 address in one of its short, octal or hexadecimal forms.
fn ends_in_number(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    let hex = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
}

/// RFC 1035 section 2.3.4, less the length bytes and the root: 253 and 63 as written.
fn check_lengths(written: &str, name: &str) -> Result<(), AddressError> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > 253 {
        return refuse(format!("a host name has at most 253 bytes, this one {}", name.len()));
    }
    for label in name.split('.') {
        if label.is_empty() {
            return refuse(format!("'{written}' has an empty part between its dots"));
        }
        if label.len() > 63 {
            return refuse(format!(
                "a part of a host name has at most 63 bytes, '{label}' has {}",
                label.len()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
