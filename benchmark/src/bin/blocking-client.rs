//! The limit: a blocking Rust client without a runtime. Does one workload and prints its times as JSON.
//!
//! `blocking-client WORKLOAD PORT UNITS`, where a tenth of the units is done before, unmeasured, as in every contestant.

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;
use tcpull_benchmark::payload::{LINE, byte_at};

const PIECE: usize = 64 * 1024;
const MEBIBYTE: u64 = 1 << 20;
const PING: usize = 64;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [workload, port, units] = &arguments[..] else {
        return Err("usage: blocking-client WORKLOAD PORT UNITS".into());
    };
    let (port, units): (u16, u64) = (port.parse()?, units.parse()?);
    let run = match workload.as_str() {
        "ping-pong" => ping_pong,
        "lines" => lines,
        "pieces" => pieces,
        other => return Err(format!("no workload is called {other}").into()),
    };
    run(port, units.div_ceil(10))?;
    let (cpu, start) = (thread_nanoseconds()?, Instant::now());
    run(port, units)?;
    let (elapsed, cpu) = (start.elapsed().as_nanos(), thread_nanoseconds()? - cpu);
    println!(r#"{{"elapsed":{elapsed},"thread":{cpu},"process":{cpu}}}"#);
    Ok(())
}

fn open(port: u16, command: &str) -> Outcome<TcpStream> {
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_nodelay(true)?;
    socket.write_all(command.as_bytes())?;
    Ok(socket)
}

fn ping_pong(port: u16, units: u64) -> Outcome {
    let mut socket = open(port, "alone\n")?;
    let mut ping = [b'p'; PING];
    let mut pong = [0; PING];
    for i in 0..units {
        ping[0] = i as u8;
        socket.write_all(&ping)?;
        socket.read_exact(&mut pong)?;
        if pong != ping {
            return Err("the echo differs".into());
        }
    }
    Ok(())
}

fn lines(port: u16, units: u64) -> Outcome {
    let mut reader = BufReader::with_capacity(64 * 1024, open(port, &format!("lines {units}\n"))?);
    let mut line = String::with_capacity(LINE);
    let mut count = 0;
    while reader.read_line(&mut line)? > 0 {
        if line.len() != LINE || u64::from(line.as_bytes()[9] - b'0') != count % 10 {
            return Err(format!("line {count} is wrong: {line:?}").into());
        }
        count += 1;
        line.clear();
    }
    if count == units { Ok(()) } else { Err(format!("{count} lines of {units}").into()) }
}

/// Units are MiB.
fn pieces(port: u16, units: u64) -> Outcome {
    let length = units * MEBIBYTE;
    let mut socket = open(port, &format!("bytes {length}\n"))?;
    let mut piece = vec![0; PIECE];
    for position in (0..length).step_by(PIECE) {
        socket.read_exact(black_box(&mut piece))?;
        if piece[0] != byte_at(position) || piece[PIECE - 1] != byte_at(position + PIECE as u64 - 1) {
            return Err(format!("the piece at {position} is wrong").into());
        }
    }
    if socket.read(&mut piece)? == 0 { Ok(()) } else { Err("more came than asked for".into()) }
}

/// Processor time of this thread, the only one.
fn thread_nanoseconds() -> Outcome<u64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split(' ').next().unwrap_or_default().parse()?)
}
