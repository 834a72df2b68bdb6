// `startTls`: a connection becomes one of TLS in its middle; what its calls get before, meanwhile and after, and what is refused
// so that the connection goes on. A handshake that fails has a file of its own.

import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { connect, type LookupFunction } from 'tcpull'
import { latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import {
  arrive,
  ended,
  everything,
  large,
  listen,
  type Pair,
  pair,
  portOf,
  received,
  sent,
  turns
} from './helpers/peer'
import { rawOf, secure, trust } from './helpers/secure'

/** Both ends go over to TLS; gives the server's new one. */
async function upgrade({ client, socket }: Pair): Promise<Socket> {
  const [secured] = await within(Promise.all([secure(socket), client.startTls(trust())]))
  return secured
}

type Socket = Pair['socket']

/** The next bytes that the peer receives, of which no more are taken. */
async function taken(socket: Socket, size: number): Promise<string | null> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null
    if (bytes !== null) return latin1(bytes)
    await once(socket, 'readable')
  }
}

/** The peer receives this, and nothing after it. */
async function gets(t: ExecutionContext, socket: Socket, text: string): Promise<void> {
  t.is(await within(taken(socket, text.length)), text)
  await turns(10)
  t.is(socket.read(), null)
}

/** Nothing that was refused before is in the way of TLS. */
async function goesOver(t: ExecutionContext, both: Pair): Promise<void> {
  const secured = await upgrade(both)
  secured.write('sealed\n')
  t.is(await both.client.readLine(), 'sealed')
}

const OUT_OF_STATE = { name: 'TcpError', code: 'ERR_INVALID_STATE', phase: 'tls' }

test('a connection goes over to TLS behind what was said in the clear', async (t) => {
  const both = await pair(t)
  const { client, socket } = both
  t.deepEqual([client.encrypted, client.tls, client.timings.tls], [false, null, null])
  socket.write('220 ready\n')
  t.is(await client.readLine(), '220 ready')
  const asking = client.request('STARTTLS\n', { line: true })
  t.is(await received(socket, 9), 'STARTTLS\n')
  socket.write('220 go\n')
  t.is(await within(asking), '220 go')
  const secured = await upgrade(both)
  t.true(client.encrypted)
  t.like(client.tls, { protocol: 'TLSv1.3', resumed: false })
  t.true((client.timings.tls ?? -1) > 0)
  secured.pipe(secured)
  t.is(await client.request('hello\n', { line: true }), 'hello')
  // Of the application alone, not of TLS.
  t.deepEqual([client.bytesRead, client.bytesWritten], [17 + 6, 9 + 6])
  await client.end()
  t.is(await within(client.read()), null)
})

test('reads and writes called during the handshake are served after it, in order', async (t) => {
  const { client, socket } = await pair(t)
  const starting = client.startTls(trust())
  const reading = Promise.all([
    client.readLine(),
    client.readExactly(3).then(latin1),
    client.readUntil(';').then(latin1)
  ])
  const writing = Promise.all([client.write('a'), client.write(Buffer.alloc(100_000, 'b')), client.writeLine('c')])
  await turns(10)
  const secured = await within(secure(socket))
  secured.write('line\nabcuntil;')
  const all = everything(secured)
  await within(Promise.all([starting, writing]))
  t.deepEqual(await within(reading), ['line', 'abc', 'until;'])
  await client.end()
  t.true((await within(all)).equals(Buffer.from(`a${'b'.repeat(100_000)}c\n`)))
})

test('what was written before in the same tick leaves in the clear, what is written after it over TLS', async (t) => {
  const { client, socket } = await pair(t)
  const calls = Promise.all([client.write('plain'), client.startTls(trust()), client.write('sealed')])
  t.is(await taken(socket, 5), 'plain')
  const secured = await within(secure(socket))
  await within(calls)
  t.is(await received(secured, 6), 'sealed')
})

test('end called during the handshake is an end of TLS after it', async (t) => {
  const { client, socket } = await pair(t)
  const calls = Promise.all([client.startTls(trust()), client.end()])
  await turns(10)
  const secured = await within(secure(socket))
  await within(calls)
  t.is((await within(everything(secured))).length, 0)
  secured.end('rest')
  t.is(String(await within(client.readAll())), 'rest')
})

test('a read that waits over TLS gives up and loses nothing', async (t) => {
  const both = await pair(t)
  const secured = await upgrade(both)
  const { client } = both
  t.is(await outcome(client.readLine({ timeout: 5 })), 'ETIMEDOUT')
  secured.write('li')
  t.is(await outcome(client.readLine({ timeout: 30 })), 'ETIMEDOUT')
  secured.write('ne\n')
  t.is(await within(client.readLine()), 'line')
})

test('plaintext that was not read is refused, and after it was read TLS can begin', async (t) => {
  const both = await sent(t, '1\n2\n3\n4\n5\n')
  const { client, socket, port } = both
  const refused = { name: 'TcpError', code: 'ERR_PLAINTEXT_BUFFERED', phase: 'tls', address: '127.0.0.1', port }
  // Lines come in batches: those that were not asked for are unread all the same.
  for (const line of ['1', '2', '3']) {
    const { message } = await fails(t, client.startTls(trust()), refused)
    t.regex(message, /\b(10|8|6) bytes/)
    t.is(await client.readLine(), line)
  }
  t.false(client.encrypted)
  await client.write('plain')
  await gets(t, socket, 'plain')
  t.is(latin1(await client.readExactly(4)), '4\n5\n')
  client.unread('5')
  await fails(t, client.startTls(trust()), refused)
  t.is(latin1(await client.readExactly(1)), '5')
  await goesOver(t, both)
})

test('while a read or a write waits TLS cannot begin, and the connection goes on', async (t) => {
  const both = await pair(t)
  const { client, socket } = both
  const reading = client.readLine()
  await fails(t, client.startTls(trust()), OUT_OF_STATE)
  socket.write('line\n')
  t.is(await within(reading), 'line')
  const writing = client.write(large)
  await fails(t, client.startTls(trust()), OUT_OF_STATE)
  let left = large.length
  while (left > 0) {
    await turns(1)
    left -= (socket.read() as Buffer | null)?.length ?? 0
  }
  await within(writing)
  await goesOver(t, both)
})

test('TLS begins once', async (t) => {
  const both = await pair(t)
  const { client, socket } = both
  const starting = client.startTls(trust())
  await fails(t, client.startTls(trust()), OUT_OF_STATE)
  const secured = await within(secure(socket))
  await within(starting)
  await fails(t, client.startTls(trust()), OUT_OF_STATE)
  secured.write('x')
  t.is(latin1(await client.readExactly(1)), 'x')

  const server = await listen(t, (raw) => void secure(raw).then((socket) => socket.pipe(socket)))
  const other = await connect({ host: '127.0.0.1', port: portOf(server) }, { tls: trust() })
  await fails(t, other.startTls(trust()), OUT_OF_STATE)
  t.is(await other.request('x\n', { line: true }), 'x')
  await other.close()
})

test('TLS cannot begin on a connection that was ended, closed, or is broken', async (t) => {
  const one = await pair(t)
  await one.client.end()
  await fails(t, one.client.startTls(trust()), { code: 'ERR_STREAM_WRITE_AFTER_END', phase: 'tls' })
  await one.client.close()
  await fails(t, one.client.startTls(trust()), { code: 'ERR_CLOSED', phase: 'tls' })
  const two = await pair(t)
  await ended(two)
  await fails(t, two.client.startTls(trust()), { code: 'ERR_TLS_TRUNCATED', phase: 'tls' })
})

test('a signal that is aborted already changes nothing', async (t) => {
  const both = await pair(t)
  const signal = AbortSignal.abort('why')
  const shape = { name: 'AbortError', code: 'ABORT_ERR', phase: 'tls', cause: 'why' }
  await fails(t, both.client.startTls({ ...trust(), signal }), shape)
  await both.client.write('plain')
  await gets(t, both.socket, 'plain')
  await arrive(both, 'plain too\n')
  t.is(await both.client.readLine(), 'plain too')
  await upgrade(both)
})

test('the name that the certificate is to be for is that of the address, unless another one is given', async (t) => {
  const server = await listen(t, (raw) => void secure(raw).then((socket) => socket.pipe(socket)))
  const lookup: LookupFunction = (_name, _options, callback) => callback(null, '127.0.0.1', 4)
  const dial = (host: string) => connect({ host, port: portOf(server) }, { lookup })
  for (const [host, options] of [
    ['made.up', {}],
    ['localhost', {}],
    ['another.name', { servername: 'made.up' }]
  ] as const) {
    const client = await dial(host)
    await within(client.startTls({ ...trust(), ...options }))
    t.is(await client.request('x\n', { line: true }), 'x')
    await client.close()
  }
  for (const [host, options] of [
    ['another.name', {}],
    ['made.up', { servername: 'another.name' }]
  ] as const) {
    const client = await dial(host)
    await fails(t, client.startTls({ ...trust(), ...options }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls' })
    client.destroy()
  }
})

test('an end without close_notify after the upgrade is none', async (t) => {
  const both = await pair(t)
  const secured = await upgrade(both)
  secured.write('abc\n')
  t.is(await both.client.readLine(), 'abc')
  rawOf(secured).end()
  t.is(await outcome(both.client.readLine()), 'ERR_TLS_TRUNCATED')
})
