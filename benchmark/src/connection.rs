//! One connection of the far end, moved on as far as its socket allows; knows nothing of the other ones, of TLS, of
//! SOCKS' messages or of polling.

use crate::channel::Channel;
use crate::payload::Payload;
use crate::role::{ANSWER, LONGEST, READY, Role};
use crate::socks::Socks;
use std::io::{self, ErrorKind};

/// What is to become of a connection after a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Waits for its socket.
    Open,
    /// Is over: close the socket.
    Over,
    /// Asked for a thread of its own (`alone`).
    Alone,
}

/// A socket and how far its part is played.
pub struct Connection {
    /// The socket, plain or under TLS.
    pub channel: Channel,
    stage: Stage,
    /// Bytes to send before anything else is read; `sent` of them are gone.
    answer: Vec<u8>,
    sent: usize,
    /// Close once `answer` is sent.
    last: bool,
}

enum Stage {
    /// Of what has been heard, nothing is answered yet.
    Socks {
        step: Socks,
        heard: Vec<u8>,
    },
    Command(Vec<u8>),
    Echo,
    Alone,
    Stream {
        payload: Payload,
        position: u64,
    },
    /// Of what is sealed, `sent` is gone and `due` may go.
    Sealed {
        sealed: Vec<u8>,
        sent: usize,
        due: usize,
    },
    Sink {
        count: u64,
    },
    Answered,
}

impl Connection {
    /// A connection whose command is still to come.
    pub fn new(channel: Channel) -> Self {
        Self { channel, stage: Stage::Command(Vec::new()), answer: Vec::new(), sent: 0, last: false }
    }

    /// As [`Connection::new`], behind a proxy.
    pub fn behind_proxy(channel: Channel) -> Self {
        let stage = Stage::Socks { step: Socks::Greeting, heard: Vec::new() };
        Self { stage, ..Self::new(channel) }
    }

    /// Bytes that came behind the `alone` command, to be echoed first.
    pub fn into_alone(self) -> (Channel, Vec<u8>) {
        (self.channel, self.answer)
    }

    /// Sends and receives until the socket blocks. `closing` says that the other side is known to have ended:
    /// without it a short read means that nothing more is there (edge-triggered epoll tells of what comes next).
    pub fn proceed(&mut self, closing: bool, scratch: &mut [u8]) -> io::Result<Fate> {
        loop {
            if !self.flush()? {
                return Ok(Fate::Open);
            }
            if self.last {
                return Ok(if self.channel.end(scratch)? { Fate::Over } else { Fate::Open });
            }
            let count = match self.channel.read(scratch) {
                Ok(0) => {
                    if let Stage::Sink { count } = self.stage {
                        self.reply(format!("{count}\n").as_bytes());
                    }
                    self.last = true;
                    continue;
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Fate::Open),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.receive(&scratch[..count])?;
            if matches!(self.stage, Stage::Alone) {
                return Ok(Fate::Alone);
            }
            if self.settled() && self.channel.emptied(count, scratch.len()) && !closing {
                return Ok(Fate::Open);
            }
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stage {
            Stage::Socks { step, heard } => {
                heard.extend_from_slice(bytes);
                let Some((len, answer)) = step.answer(heard)? else { return Ok(()) };
                let rest = heard.split_off(len);
                self.answer.extend_from_slice(answer);
                self.stage = match step {
                    Socks::Greeting => Stage::Socks { step: Socks::Request, heard: Vec::new() },
                    Socks::Request => Stage::Command(Vec::new()),
                };
                if rest.is_empty() { Ok(()) } else { self.receive(&rest) }
            }
            Stage::Command(line) => {
                let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else {
                    line.extend_from_slice(bytes);
                    return if line.len() <= LONGEST { Ok(()) } else { Err(ErrorKind::InvalidData.into()) };
                };
                line.extend_from_slice(&bytes[..end]);
                let role = Role::parse(line).ok_or(ErrorKind::InvalidData)?;
                self.play(role)?;
                let rest = &bytes[end + 1..];
                if rest.is_empty() { Ok(()) } else { self.receive(rest) }
            }
            Stage::Echo => self.echo(bytes),
            Stage::Alone => {
                self.answer.extend_from_slice(bytes);
                Ok(())
            }
            Stage::Sink { count } => {
                *count += bytes.len() as u64;
                Ok(())
            }
            Stage::Sealed { sealed, due, .. } => {
                *due = sealed.len();
                Ok(())
            }
            Stage::Stream { .. } | Stage::Answered => Ok(()),
        }
    }

    fn play(&mut self, role: Role) -> io::Result<()> {
        self.stage = match role {
            Role::Echo => Stage::Echo,
            Role::Alone => Stage::Alone,
            Role::Stream(payload) => Stage::Stream { payload, position: 0 },
            Role::Sealed(payload) => self.seal(payload)?,
            Role::Sink => Stage::Sink { count: 0 },
            Role::Ask => {
                self.reply(ANSWER);
                Stage::Answered
            }
        };
        Ok(())
    }

    /// Readiness is sealed first, as it goes first, and kept until all the rest is sealed too.
    fn seal(&mut self, payload: Payload) -> io::Result<Stage> {
        let mut sealed = Vec::new();
        self.channel.seal(READY, &mut sealed)?;
        let due = sealed.len();
        let mut position = 0;
        while let run @ [_, ..] = payload.run(position) {
            self.channel.seal(run, &mut sealed)?;
            position += run.len() as u64;
        }
        Ok(Stage::Sealed { sealed, sent: 0, due })
    }

    fn reply(&mut self, bytes: &[u8]) {
        self.answer.extend_from_slice(bytes);
        self.last = true;
    }

    /// Straight from the scratch buffer to the socket; only what does not fit is kept.
    fn echo(&mut self, bytes: &[u8]) -> io::Result<()> {
        let gone = if self.answer.is_empty() { self.channel.write(bytes)? } else { 0 };
        self.answer.extend_from_slice(&bytes[gone..]);
        Ok(())
    }

    /// Sends what is due; `false` if the socket is full.
    fn flush(&mut self) -> io::Result<bool> {
        while self.sent < self.answer.len() {
            match self.channel.write(&self.answer[self.sent..])? {
                0 => return Ok(false),
                count => self.sent += count,
            }
        }
        self.answer.clear();
        self.sent = 0;
        match &mut self.stage {
            Stage::Stream { payload, position } => {
                while let run @ [_, ..] = payload.run(*position) {
                    match self.channel.write(run)? {
                        0 => return Ok(false),
                        count => *position += count as u64,
                    }
                }
                self.last = true;
            }
            Stage::Sealed { sealed, sent, due } => {
                while *sent < *due {
                    match self.channel.write_sealed(&sealed[*sent..*due])? {
                        0 => return Ok(false),
                        count => *sent += count,
                    }
                }
                self.last = *due == sealed.len();
            }
            _ => {}
        }
        self.channel.flush()
    }

    /// Whether there is nothing to send and no reason to close.
    fn settled(&self) -> bool {
        self.answer.is_empty()
            && !self.last
            && !matches!(self.stage, Stage::Stream { .. } | Stage::Sealed { .. })
    }
}
