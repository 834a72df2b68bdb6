// The server's end of TLS for the tests of the engine: a socket that can do what one over TCP can, and whose bytes leave in
// records of every size. Knows no servers, no clients and no cases.

import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext, type SecureVersion, TLSSocket } from 'node:tls'
import type { TlsOptions } from 'tcpull'
import { certificate, dns, ip, keys } from './certificates'
import { numbers } from './random'

interface Identity {
  cert: string
  key: string
}

let made: Identity | undefined

/** Made once: the processes and workers that this one starts have the same. */
export function identity(): Identity {
  const inherited = process.env['TEST_IDENTITY']
  if (inherited) made ??= JSON.parse(inherited) as Identity
  if (made === undefined) {
    // A key whose signatures are all of one length, and with them the handshakes.
    const own = keys('ed25519', 'engine')
    const names = [dns('localhost'), dns('made.up'), ip('127.0.0.1'), ip('::1')]
    const { pem, key } = certificate({ keys: own, names, ca: false, purposes: ['server'] })
    made = { cert: pem, key }
    process.env['TEST_IDENTITY'] = JSON.stringify(made)
  }
  return made
}

/** What a client needs to trust the server, under each of the names that the tests dial. */
export function trust(): TlsOptions {
  return { ca: identity().cert, caOnly: true }
}

const contexts = new Map<SecureVersion, SecureContext>()

function context(version: SecureVersion): SecureContext {
  const known = contexts.get(version)
  if (known !== undefined) return known
  const context = createSecureContext({ ...identity(), minVersion: version, maxVersion: version })
  contexts.set(version, context)
  return context
}

const raws = new WeakMap<Socket, Socket>()

/** The TCP socket under a socket of {@link secure}. */
export function rawOf(socket: Socket): Socket {
  return raws.get(socket) as Socket
}

/** Shakes hands as a server; a client that gives up in the handshake leaves it pending. */
export function secure(raw: Socket, version: SecureVersion = 'TLSv1.3'): Promise<Socket> {
  const socket = new TLSSocket(raw, { isServer: true, secureContext: context(version) })
  raws.set(socket, raw)
  for (const end of [raw, socket]) end.on('error', () => {})
  // Node has a reset for TCP alone.
  socket.resetAndDestroy = () => {
    raw.resetAndDestroy()
    return socket
  }
  writeInRecords(socket)
  return new Promise((resolve) => {
    // While the end of the handshake is on its way Node would end without close_notify.
    socket.once('secure', () => setImmediate(resolve, socket))
  })
}

function writeInRecords(socket: TLSSocket): void {
  const sizes = recordSizes()
  const write = socket._write.bind(socket)
  // Nothing is put together that was written apart.
  Object.assign(socket, { _writev: null })
  socket._write = (data, encoding, done) => {
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding) : (data as Buffer)
    const next = (from: number): void => {
      const end = from + sizes()
      write(bytes.subarray(from, end), 'buffer' as BufferEncoding, (error) => {
        if (error || end >= bytes.length) done(error)
        else next(end)
      })
    }
    next(0)
  }
}

/** The most that a record holds (RFC 8446 section 5.1). */
export const LARGEST_RECORD = 16_384

const EDGES = [1, LARGEST_RECORD, 2, LARGEST_RECORD - 1]

let sockets = 0

/** From 1 byte to the most, as many small ones as large ones, others for every connection. */
function recordSizes(): () => number {
  const random = numbers(++sockets)
  return () => {
    const at = Math.floor(random() * 2 * EDGES.length)
    return EDGES[at] ?? Math.floor((LARGEST_RECORD + 1) ** random())
  }
}
