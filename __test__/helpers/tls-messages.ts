// Messages of a TLS 1.2 server, made by hand: what OpenSSL would not say. Knows no connections and no cases.

import * as der from './der'

/** The kind of the records that hold a handshake. */
export const HANDSHAKE = 22

/** A record of the handshake, with one message or more. */
export function handshakeRecord(version: number, ...messages: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(messages)
  return Buffer.concat([Buffer.from([HANDSHAKE]), u16(version), u16(content.length), content])
}

export function message(kind: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([kind]), u24(body.length), body])
}

export interface ServerHello {
  version?: number
  suite: number
  random?: Buffer
}

/** What every server random ends in that tells of no downgrade (RFC 8446 4.1.3). */
export const PLAIN_RANDOM = Buffer.alloc(32, 7)

/** A ServerHello of TLS 1.2 or before, with a session of its own. */
export function serverHello({ version = 0x0303, suite, random = PLAIN_RANDOM }: ServerHello): Buffer {
  // The secure renegotiation that clients ask for (RFC 5746), and the extended master secret (RFC 7627).
  const extensions = version === 0x0300 ? '' : '0009ff0100010000170000'
  const end = [Buffer.from([0]), Buffer.from(extensions, 'hex')]
  return message(2, u16(version), random, Buffer.from([0]), u16(suite), ...end)
}

export const ECDHE_ECDSA_AES128_GCM = 0xc02b

/** The certificate list of TLS 1.2, of whatever bytes. */
export function certificateList(...certificates: readonly Uint8Array[]): Buffer {
  const entries = Buffer.concat(certificates.flatMap((bytes) => [u24(bytes.length), bytes]))
  return message(11, u24(entries.length), entries)
}

/** The key exchange of TLS 1.2 over x25519 with a signature that is one in form alone, and the end of the server's turn. */
export function unsignedKeyExchange(): Buffer {
  const signature = der.sequence(der.integer(1), der.integer(1))
  const parameters = Buffer.concat([Buffer.from('03001d20', 'hex'), Buffer.alloc(32, 9)])
  return Buffer.concat([
    message(12, parameters, Buffer.from('0403', 'hex'), u16(signature.length), signature),
    message(14)
  ])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

function u24(value: number): Buffer {
  return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff])
}
