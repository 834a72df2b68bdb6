// Servers of TLS for one test, by OpenSSL and by script, which remember how far each client went with them. Knows no cases
// and makes no certificates.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { within } from './failures'
import { listen, portOf, turns } from './peer'
import { HANDSHAKE } from './tls-messages'

export interface TlsPeer {
  port: number
  seen: Seen
  /** Every connection that there was is at its end; those that are on their way have had their time */
  settled(): Promise<void>
}

export interface Seen {
  connections: number
  /** Handshakes that are finished, in the server's eyes */
  handshakes: number
  /** Bytes of the application */
  bytes: number
}

function peerOf(port: number, seen: Seen, open: ReadonlySet<Socket>): TlsPeer {
  const settle = async (): Promise<void> => {
    await turns(10)
    while (open.size > 0) await turns(1)
  }
  return { port, seen, settled: () => within(settle(), 'the end of the connections') }
}

/** A server that sends back what it gets. What OpenSSL thinks too weak to be used is allowed. */
export async function tlsPeer(t: ExecutionContext, options: TlsOptions, host = '127.0.0.1'): Promise<TlsPeer> {
  const seen = { connections: 0, handshakes: 0, bytes: 0 }
  const open = new Set<Socket>()
  const server = createServer({ ciphers: 'DEFAULT@SECLEVEL=0', ...options }, (socket) => {
    seen.handshakes++
    socket.on('data', (chunk) => {
      seen.bytes += chunk.length
      socket.write(chunk)
    })
  })
  // What the test is about is what the client makes of it.
  server.on('tlsClientError', () => {})
  server.on('secureConnection', (socket) => socket.on('error', () => {}))
  server.on('connection', (socket: Socket) => {
    seen.connections++
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  })
  t.teardown(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  await once(server.listen(0, host), 'listening')
  return peerOf((server.address() as AddressInfo).port, seen, open)
}

/** What a client says first, as far as answers need it. */
export interface ClientHello {
  random: Buffer
  sessionId: Buffer
}

/** A server that answers the first message of a client with these bytes, and nothing else that it is sent. */
export async function scriptedPeer(
  t: ExecutionContext,
  answer: (hello: ClientHello) => Uint8Array,
  host = '127.0.0.1'
): Promise<TlsPeer> {
  const seen = { connections: 0, handshakes: 0, bytes: 0 }
  const open = new Set<Socket>()
  const server = await listen(
    t,
    (socket) => {
      seen.connections++
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      converse(socket, answer, seen)
    },
    host
  )
  return peerOf(portOf(server), seen, open)
}

const APPLICATION_DATA = 23

function converse(socket: Socket, answer: (hello: ClientHello) => Uint8Array, seen: Seen): void {
  let pending = Buffer.alloc(0)
  let answered = false
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 5 && pending.length >= 5 + pending.readUInt16BE(3)) {
      const size = pending.readUInt16BE(3)
      const [kind, content] = [pending[0], pending.subarray(5, 5 + size)]
      pending = pending.subarray(5 + size)
      if (kind === APPLICATION_DATA) seen.bytes += size
      if (kind !== HANDSHAKE || answered) continue
      answered = true
      socket.write(answer(understood(content)))
    }
  })
  socket.on('end', () => socket.end())
  socket.resume()
}

/** Behind the message's kind and length stand the version, the random and the session (RFC 8446 4.1.2). */
function understood(message: Buffer): ClientHello {
  const session = 4 + 2 + 32
  const size = message[session] as number
  return { random: message.subarray(6, session), sessionId: message.subarray(session + 1, session + 1 + size) }
}
