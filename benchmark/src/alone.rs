//! A thread that does nothing but echo one connection: the cheapest other end there is. Knows nothing of polling.

use crate::channel::Channel;
use mio::net::TcpStream;
use rustls::StreamOwned;
use std::io::{self, Read, Write};
use std::net::TcpStream as BlockingStream;
use std::os::fd::OwnedFd;
use std::thread;

/// Gives the connection to a thread of its own, which echoes `first` before what comes.
pub fn leave_alone(channel: Channel, first: Vec<u8>) -> io::Result<()> {
    match channel {
        Channel::Plain(socket) => {
            let mut socket = blocking(socket)?;
            thread::spawn(move || echo(&mut socket, &first));
        }
        Channel::Tls(tls) => {
            let mut stream = StreamOwned::new(tls.session, blocking(tls.socket)?);
            thread::spawn(move || {
                echo(&mut stream, &first)?;
                stream.conn.send_close_notify();
                stream.flush()
            });
        }
    }
    Ok(())
}

/// Until the peer ends.
fn echo(stream: &mut (impl Read + Write), first: &[u8]) -> io::Result<()> {
    stream.write_all(first)?;
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count])?,
        }
    }
}

fn blocking(socket: TcpStream) -> io::Result<BlockingStream> {
    let socket = BlockingStream::from(OwnedFd::from(socket));
    socket.set_nonblocking(false)?;
    Ok(socket)
}
