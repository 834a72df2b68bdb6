//! The other end of every benchmark, in a process of its own; one epoll loop, parts as asked by each connection.
//!
//! Prints a line of JSON with its ports on 127.0.0.1 and what a client needs to trust it, and exits when its standard
//! input ends, so that it never outlives its starter.

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustls::ServerConfig;
use socket2::SockRef;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;
use tcpull_benchmark::alone::leave_alone;
use tcpull_benchmark::channel::Channel;
use tcpull_benchmark::connection::{Connection, Fate};
use tcpull_benchmark::identity::{Identity, NAME};

/// Tokens from here on are the listeners', those below the connections'.
const LISTENERS: usize = usize::MAX - 16;
/// Bytes read at once; larger than any ping, so that one read empties an echo socket.
const SCRATCH: usize = 256 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let Identity { ca, classical, hybrid } = Identity::make()?;
    let mut poll = Poll::new()?;
    let mut listeners = Vec::new();
    let speeches = [Speech::Plain, Speech::Tls(classical), Speech::Tls(hybrid), Speech::Socks5];
    for (index, speech) in speeches.into_iter().enumerate() {
        let mut socket = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        // The queue of 128 that it has by itself is too short for 200 at once: the others would try again a second later.
        SockRef::from(&socket).listen(BACKLOG)?;
        poll.registry().register(&mut socket, Token(LISTENERS + index), Interest::READABLE)?;
        listeners.push(Listener { socket, speech });
    }
    announce(&listeners, &ca)?;
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    let mut events = Events::with_capacity(1024);
    let mut connections = Connections::default();
    let mut scratch = vec![0; SCRATCH];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            let Token(slot) = event.token();
            if slot >= LISTENERS {
                accept(&listeners[slot - LISTENERS], &poll, &mut connections)?;
                continue;
            }
            let Some(connection) = connections.slots.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            match connection.proceed(event.is_read_closed(), &mut scratch) {
                Ok(Fate::Open) => {}
                Ok(Fate::Alone) => {
                    let (mut channel, first) = connections.take(slot).into_alone();
                    poll.registry().deregister(channel.socket())?;
                    leave_alone(channel, first)?;
                }
                // A peer that broke off is no concern of the others.
                Ok(Fate::Over) | Err(_) => drop(connections.take(slot)),
            }
        }
    }
}

/// A port, and what its connections speak.
struct Listener {
    socket: TcpListener,
    speech: Speech,
}

/// What there is before the commands: nothing, TLS, or a proxy.
enum Speech {
    Plain,
    Tls(Arc<ServerConfig>),
    Socks5,
}

impl Speech {
    fn begin(&self, socket: TcpStream) -> io::Result<Connection> {
        Ok(match self {
            Self::Plain => Connection::new(Channel::new(socket, None)?),
            Self::Tls(settings) => Connection::new(Channel::new(socket, Some(Arc::clone(settings)))?),
            Self::Socks5 => Connection::behind_proxy(Channel::new(socket, None)?),
        })
    }
}

fn announce(listeners: &[Listener], ca: &str) -> io::Result<()> {
    let ports = listeners.iter().map(|listener| Ok(listener.socket.local_addr()?.port()));
    let [plain, tls, hybrid, socks5] = ports.collect::<io::Result<Vec<_>>>()?[..] else {
        unreachable!("four were made")
    };
    let ports = format!(r#"{{"plain":{plain},"tls":{tls},"hybrid":{hybrid},"socks5":{socks5}}}"#);
    // PEM is ASCII: of its characters JSON escapes the line feeds alone, as Rust does.
    println!(r#"{{"ports":{ports},"tls":{{"ca":{ca:?},"servername":"{NAME}"}}}}"#);
    Ok(())
}

/// Takes every connection that waits.
fn accept(listener: &Listener, poll: &Poll, connections: &mut Connections) -> io::Result<()> {
    loop {
        match listener.socket.accept() {
            Ok((mut socket, _)) => {
                // The peer may have reset already: then there is nothing to set, and nobody to serve.
                if socket.set_nodelay(true).is_err() {
                    continue;
                }
                let slot = connections.free.pop().unwrap_or(connections.slots.len());
                let interest = Interest::READABLE | Interest::WRITABLE;
                poll.registry().register(&mut socket, Token(slot), interest)?;
                connections.put(slot, listener.speech.begin(socket)?);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Connections by slot, the slot being the poll token; free slots are used again.
#[derive(Default)]
struct Connections {
    slots: Vec<Option<Connection>>,
    free: Vec<usize>,
}

impl Connections {
    fn put(&mut self, slot: usize, connection: Connection) {
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[slot] = Some(connection);
    }

    fn take(&mut self, slot: usize) -> Connection {
        self.free.push(slot);
        self.slots[slot].take().expect("an event was just served for it")
    }
}
