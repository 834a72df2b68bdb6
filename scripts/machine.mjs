// Tells from its header for which system and processor a binary is made; knows nothing of what the binary needs or does.

import { closeSync, openSync, readSync } from 'node:fs'

// ELF's e_machine and the Machine of PE's COFF header, under the names that Node gives to processors.
const ELF = { 3: 'ia32', 62: 'x64', 40: 'arm', 183: 'arm64' }
const PE = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' }

/** `linux-x64`, `win32-ia32`… as in `process.platform` and `process.arch`; `unknown` for anything else. */
export function machineOf(path) {
  const bytes = head(path, 4096)
  if (bytes.length < 64) return 'unknown'
  if (bytes.readUInt32BE(0) === 0x7f454c46) return `linux-${ELF[bytes.readUInt16LE(18)] ?? 'unknown'}`
  if (bytes.toString('latin1', 0, 2) !== 'MZ') return 'unknown'
  const header = bytes.readUInt32LE(60)
  if (header + 6 > bytes.length || bytes.toString('latin1', header, header + 4) !== 'PE\0\0') return 'unknown'
  return `win32-${PE[bytes.readUInt16LE(header + 4)] ?? 'unknown'}`
}

function head(path, size) {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(size)
    return bytes.subarray(0, readSync(file, bytes, 0, size, 0))
  } finally {
    closeSync(file)
  }
}
