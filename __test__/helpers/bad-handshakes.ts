// Every kind of server that a client has to refuse for what it says in the handshake, whatever its certificate. Knows no
// connections.

import type { TlsOptions as ServerOptions } from 'node:tls'
import { root, site } from './authorities'
import { chain } from './certificates'
import { type Refusal, serving } from './tls-cases'
import {
  certificateList,
  ECDHE_ECDSA_AES128_GCM,
  handshakeRecord,
  PLAIN_RANDOM,
  type ServerHello,
  serverHello,
  unsignedKeyExchange
} from './tls-messages'
import { scriptedPeer } from './tls-peers'

/** A server of OpenSSL with a good certificate and these settings. */
function settings(name: string, code: string, server: () => ServerOptions): Refusal {
  const { leaf: _, ...rest } = serving(name, () => ({ chain: [site()], server: server() }))
  return { ...rest, code, phase: 'tls' }
}

/** A server that answers with these bytes. */
function script(name: string, code: string, answer: () => Uint8Array): Refusal {
  const tls = () => ({ ca: root().pem })
  return { name, host: 'name.test', tls, server: (t) => scriptedPeer(t, answer), code, phase: 'tls' }
}

const hello = (parts: Partial<ServerHello>): Buffer =>
  handshakeRecord(parts.version ?? 0x0303, serverHello({ suite: ECDHE_ECDSA_AES128_GCM, ...parts }))

/** ECDHE_RSA with AES and SHA-1: all that a server before TLS 1.2 would take of a client's list. */
const OLD_SUITE = 0xc013

const UNSUPPORTED = 'ERR_SSL_UNSUPPORTED_PROTOCOL'
const REFUSED = 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'

const versions: Refusal[] = [
  settings('TLS 1.0 alone', UNSUPPORTED, () => ({ minVersion: 'TLSv1', maxVersion: 'TLSv1' })),
  settings('TLS 1.1 alone', UNSUPPORTED, () => ({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })),
  script('an answer in SSL 3.0', UNSUPPORTED, () => hello({ version: 0x0300, suite: 0x000a })),
  script('an answer in TLS 1.0', UNSUPPORTED, () => hello({ version: 0x0301, suite: OLD_SUITE })),
  script('an answer in TLS 1.1', UNSUPPORTED, () => hello({ version: 0x0302, suite: OLD_SUITE })),
  script('an answer in plain text', 'ERR_SSL_WRONG_VERSION_NUMBER', () => Buffer.from('220 mail.test ESMTP\r\n')),
  script('a web server in plain text', 'ERR_SSL_WRONG_VERSION_NUMBER', () =>
    Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  )
]

// What the random of a server ends in that could speak TLS 1.3 (RFC 8446 4.1.3). The other ending, of servers that would speak
// TLS 1.1 instead, is not for a client that speaks nothing before 1.2.
const downgraded = Buffer.concat([PLAIN_RANDOM.subarray(0, 24), Buffer.from('DOWNGRD\x01')])

const downgrades: Refusal[] = [
  script('a server made to speak TLS 1.2 by somebody between', 'ERR_SSL_DOWNGRADE', () => hello({ random: downgraded }))
]

const WEAK_SUITES = {
  'RC4 with MD5': 0x0004,
  'RC4 with SHA-1': 0x0005,
  'ECDHE with RC4': 0xc011,
  '3DES': 0x000a,
  'ECDHE with 3DES': 0xc012,
  'no encryption': 0x0002,
  'no encryption, and SHA-256': 0x003b,
  'no encryption and no integrity': 0x0000,
  'RC4 of 40 bits for export': 0x0003,
  'DES of 40 bits for export': 0x0008,
  'RSA without forward secrecy': 0x009c,
  'nobody authenticated': 0xc018,
  'a suite of TLS 1.3 in TLS 1.2': 0x1301
}

const suites: Refusal[] = [
  settings('suites without encryption alone', REFUSED, () => ({
    ciphers: 'ECDHE-ECDSA-NULL-SHA:NULL-SHA256@SECLEVEL=0',
    maxVersion: 'TLSv1.2'
  })),
  ...Object.entries(WEAK_SUITES).map(([name, suite]) =>
    script(`a suite that was not offered: ${name}`, 'ERR_SSL_PEER_MISBEHAVED', () => hello({ suite }))
  )
]

/** A whole turn of a server in TLS 1.2 with these certificates. */
const flight = (...certificates: Uint8Array[]): Buffer =>
  handshakeRecord(
    0x0303,
    serverHello({ suite: ECDHE_ECDSA_AES128_GCM }),
    certificateList(...certificates),
    unsignedKeyExchange()
  )

const MALFORMED = 'ERR_TLS_CERT_INVALID'

const malformed: Refusal[] = [
  script('a certificate that is none', MALFORMED, () => flight(Buffer.from('no certificate'))),
  script('an empty certificate', MALFORMED, () => flight(Buffer.alloc(0))),
  script('a certificate that ends too soon', MALFORMED, () => flight(site().raw.subarray(0, -1))),
  script('a certificate with a byte too many', MALFORMED, () => flight(Buffer.concat([site().raw, Buffer.alloc(1)]))),
  script('no certificate', 'ERR_SSL_PEER_MISBEHAVED', () => flight()),
  script('a good certificate and a signature that is none', 'ERR_SSL_BAD_SIGNATURE', () => flight(site().raw))
]

/** A client that shows no certificate, and must: in TLS 1.3 it learns of it after its part of the handshake. */
const unknownClients: Refusal[] = (['TLSv1.2', 'TLSv1.3'] as const).map((version) => ({
  ...settings(`a server that asks for a certificate, in ${version}`, REFUSED, () => ({
    requestCert: true,
    rejectUnauthorized: true,
    ca: chain(root()),
    minVersion: version,
    maxVersion: version
  })),
  ...(version === 'TLSv1.3' && { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', phase: 'read' })
}))

export const badHandshakes: readonly Refusal[] = [
  ...versions,
  ...downgrades,
  ...suites,
  ...malformed,
  ...unknownClients
]
