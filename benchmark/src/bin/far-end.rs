//! The other end of every benchmark, in a process of its own; one epoll loop, parts as asked by each connection.
//!
//! Prints its port on 127.0.0.1 as a line, and exits when its standard input ends, so that it never outlives its starter.

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream as BlockingStream;
use std::os::fd::OwnedFd;
use std::thread;
use tcpull_benchmark::connection::{Connection, Fate};

const LISTENER: Token = Token(usize::MAX);
/// Bytes read at once; larger than any ping, so that one read empties an echo socket.
const SCRATCH: usize = 256 * 1024;

fn main() -> io::Result<()> {
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    println!("{}", listener.local_addr()?.port());
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut connections = Connections::default();
    let mut scratch = vec![0; SCRATCH];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            match event.token() {
                LISTENER => accept(&listener, &poll, &mut connections)?,
                Token(slot) => {
                    let Some(connection) = connections.slots.get_mut(slot).and_then(Option::as_mut) else {
                        continue;
                    };
                    match connection.proceed(event.is_read_closed(), &mut scratch) {
                        Ok(Fate::Open) => {}
                        Ok(Fate::Alone) => leave_alone(connections.take(slot), &poll)?,
                        // A peer that broke off is no concern of the others.
                        Ok(Fate::Over) | Err(_) => drop(connections.take(slot)),
                    }
                }
            }
        }
    }
}

/// Takes every connection that waits.
fn accept(listener: &TcpListener, poll: &Poll, connections: &mut Connections) -> io::Result<()> {
    loop {
        match listener.accept() {
            Ok((mut socket, _)) => {
                // The peer may have reset already: then there is nothing to set, and nobody to serve.
                if socket.set_nodelay(true).is_err() {
                    continue;
                }
                let slot = connections.free.pop().unwrap_or(connections.slots.len());
                let interest = Interest::READABLE | Interest::WRITABLE;
                poll.registry().register(&mut socket, Token(slot), interest)?;
                connections.put(slot, Connection::new(socket));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Gives the connection to a thread that does nothing but echo it.
fn leave_alone(connection: Connection, poll: &Poll) -> io::Result<()> {
    let (mut socket, first) = connection.into_alone();
    poll.registry().deregister(&mut socket)?;
    let mut socket = BlockingStream::from(OwnedFd::from(socket));
    socket.set_nonblocking(false)?;
    thread::spawn(move || -> io::Result<()> {
        socket.write_all(&first)?;
        let mut buffer = [0; 4096];
        loop {
            match socket.read(&mut buffer)? {
                0 => return Ok(()),
                count => socket.write_all(&buffer[..count])?,
            }
        }
    });
    Ok(())
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
