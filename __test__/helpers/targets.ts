// Targets that proxies lead to, plain and over TLS, and what is exchanged with them. Knows no proxies.

import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { ExecutionContext } from 'ava'
import type { TcpClient } from 'tcpull'
import { site } from './authorities'
import { type Certificate, dns, ip } from './certificates'
import { within } from './failures'
import { listen, portOf, received } from './peer'
import { bytesAt, LARGEST } from './positions'

/** Where no server of the tests listens. */
export const NOBODY = { host: '127.0.0.9', port: 9 }

/** What targets over TLS have, for `name.test`, all names below it, and this machine's address of IPv6. */
export const own: Certificate = site({ names: [dns('name.test'), dns('*.name.test'), ip('::1')] })

function secured(socket: Duplex): TLSSocket {
  return new TLSSocket(socket, { isServer: true, cert: own.pem, key: own.key }).on('error', () => {})
}

/** Speaks first, and sends back what it gets. */
function greet(stream: Duplex): void {
  stream.write('hello\n')
  stream.pipe(stream)
}

export interface Kind {
  tls?: boolean
  host?: string
}

/** The port of one that greets. */
export async function greeter(t: ExecutionContext, { tls = false, host }: Kind = {}): Promise<number> {
  return portOf(await listen(t, (socket) => greet(tls ? secured(socket) : socket), host))
}

/** The port of one that greets and can be told to come to TLS, where it greets again. */
export async function upgrader(t: ExecutionContext): Promise<number> {
  const server = await listen(t, async (socket) => {
    socket.write('220 ready\n')
    await received(socket, 9)
    socket.write('220 go\n')
    greet(secured(socket))
  })
  return portOf(server)
}

/** Comes to TLS with an {@link upgrader}. */
export async function upgrade(t: ExecutionContext, client: TcpClient, tls: object): Promise<void> {
  t.is(await within(client.readLine()), '220 ready')
  t.is(await within(client.request('STARTTLS\n', { line: true })), '220 go')
  t.false(client.encrypted)
  await within(client.startTls({ ...tls, timeout: 0 }))
  t.true(client.encrypted)
}

/** Meets one that greets, and leaves. */
export async function meet(t: ExecutionContext, client: TcpClient): Promise<void> {
  t.is(await within(client.readLine()), 'hello')
  t.is(await within(client.request('ping\n', { line: true })), 'ping')
  await within(client.close())
}

/** Over TLS with the target, as it is. */
export function isSecured(t: ExecutionContext, client: TcpClient): void {
  t.true(client.encrypted)
  t.deepEqual(
    client.tls?.certificates.map(({ raw }) => raw),
    [own.raw]
  )
}

const SIZE = 3_000_000

const pieces = Array.from({ length: Math.ceil(SIZE / LARGEST) }, (_, index) => {
  const at = index * LARGEST
  return bytesAt(at, Math.min(LARGEST, SIZE - at))
})

/**
 * The port of one that sends megabytes back when it has them all, and ends: some proxies do not read from one end while the other
 * end does not.
 */
export async function store(t: ExecutionContext, { tls = false }: Kind = {}): Promise<number> {
  const server = await listen(t, (socket) => {
    const stream = tls ? secured(socket) : socket
    const parts: Buffer[] = []
    let got = 0
    stream.on('data', (part: Buffer) => {
      parts.push(part)
      got += part.length
      if (got === SIZE) stream.end(Buffer.concat(parts))
    })
    stream.resume()
  })
  return portOf(server)
}

/** Has a {@link store} send back all that it takes. */
export async function exchange(t: ExecutionContext, client: TcpClient): Promise<void> {
  for (const piece of pieces) await within(client.write(piece))
  for (const piece of pieces) t.true((await within(client.readExactly(piece.length))).equals(piece))
  t.is(await within(client.read()), null)
  t.deepEqual([client.bytesWritten, client.bytesRead], [SIZE, SIZE])
  await within(client.close())
}
