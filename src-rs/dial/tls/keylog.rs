//! Secrets of connections in the format of NSS, for those who ask for them (RFC 9850); knows files, not connections.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::KeyLog;

use super::options::Fault;

/// Appends to the file at `path`, which only its owner may read if it is made here.
pub fn open(path: &Path) -> Result<Arc<dyn KeyLog>, Fault> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => Ok(Arc::new(Log(Mutex::new(file)))),
        Err(error) => Err(Fault::new("keylog", format!("cannot be opened: {}: {error}", path.display()))),
    }
}

#[derive(Debug)]
struct Log(Mutex<File>);

impl KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        // One write a line, so that several processes may share the file. A full disk must not end a connection.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
