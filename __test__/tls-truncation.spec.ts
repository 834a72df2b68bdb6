// TLS whose bytes are cut off or changed on the way, at every place of a handshake and of a reply of three records: what comes
// whole is readable, and no cut ever passes for an end (RFC 8446 section 6.1). Knows what OpenSSL sends, not how it is read.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type SecureVersion, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { connect, type TcpClient, type TcpError } from 'tcpull'
import { latin1 } from './helpers/cuttings'
import { within } from './helpers/failures'
import { turns, written } from './helpers/peer'
import { type Relay, relay, type Treatment } from './helpers/relay'
import { identity, trust } from './helpers/secure'

const REPLY = ['one\n', 'two '.repeat(40), '3']

/** A session that goes on would have a shorter handshake. */
const tls = { ...trust(), session: false }

type Dial = (port: number) => Promise<TcpClient>

const direct: Dial = (port) => connect({ host: '127.0.0.1', port }, { tls, timeout: 0 })

const upgraded: Dial = async (port) => {
  const client = await connect({ host: '127.0.0.1', port })
  await client.startTls({ ...tls, timeout: 0 })
  return client
}

/** A server that sends the reply in records of its own, and ends as it should. */
async function serve(t: ExecutionContext, version: SecureVersion): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ ...identity(), minVersion: version, maxVersion: version })
  server.on('tlsClientError', () => {})
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  server.on('secureConnection', async (socket: TLSSocket) => {
    socket.on('error', () => {})
    // The end of the handshake leaves first.
    await turns(1)
    for (const record of REPLY) await written(socket, record).catch(() => {})
    socket.end()
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** What came of a conversation. */
interface Seen {
  data: string
  /** What was told after the data; `null` is a clean end */
  error: TcpError | null
}

async function converse(dialling: Promise<TcpClient>): Promise<Seen> {
  let data = ''
  let client: TcpClient | undefined
  try {
    client = await dialling
    for (;;) {
      const chunk = await client.read()
      if (chunk === null) return { data, error: null }
      data += latin1(chunk)
    }
  } catch (error) {
    return { data, error: error as TcpError }
  } finally {
    client?.destroy()
  }
}

async function through(port: number, treatment: Treatment, dial = direct): Promise<Seen & { way: Relay }> {
  const way = await relay(port, treatment)
  const seen = await within(converse(dial(way.port)), JSON.stringify(treatment))
  way.close()
  return { ...seen, way }
}

/** The server's bytes, and where each of its records ends: the last four are the reply and close_notify. */
interface Recording {
  length: number
  ends: number[]
}

async function record(t: ExecutionContext, port: number): Promise<Recording> {
  const { data, error, way } = await through(port, {})
  t.deepEqual({ data, error }, { data: REPLY.join(''), error: null })
  const { fromServer } = way
  const ends: number[] = []
  for (let at = 0; at < fromServer.length; ) {
    at += 5 + fromServer.readUInt16BE(at + 3)
    ends.push(at)
  }
  return { length: fromServer.length, ends }
}

/** The records of the reply that end up to there. */
function replyUpTo({ ends }: Recording, place: number): string {
  return REPLY.filter((_, index) => (ends.at(index - 4) as number) <= place).join('')
}

/** Each place, several at once. */
async function each(places: readonly number[], look: (place: number) => Promise<void>): Promise<void> {
  const left = [...places]
  const one = async (): Promise<void> => {
    for (let place = left.shift(); place !== undefined; place = left.shift()) await look(place)
  }
  await Promise.all(Array.from({ length: 8 }, one))
}

/** The places around the ends of records, and some of those between. */
function sample({ length, ends }: Recording, step: number): number[] {
  const around = ends.flatMap((end) => [end - 1, end, end + 1])
  const between = Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step)
  return [...new Set([...around, ...between])].filter((place) => place < length).sort((one, other) => one - other)
}

/** Where the handshake ends for the client: from there on it is the reads that fail. */
function handshakeOf(t: ExecutionContext, { ends }: Recording, phases: ReadonlyMap<number, string>): number {
  const places = [...phases.keys()].sort((one, other) => one - other)
  const first = places.find((place) => phases.get(place) === 'read') as number
  for (const place of places) t.is(phases.get(place), place < first ? 'tls' : 'read', `cut after ${place}`)
  t.true(ends.includes(first), `the handshake ends within a record, after ${first} bytes`)
  return first
}

const WINDOWS = process.platform === 'win32'

for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
  test(`cut after every byte, a handshake and a reply of three records are truncated, over ${version}`, async (t) => {
    const port = await serve(t, version)
    const recording = await record(t, port)
    const phases = new Map<number, string>()
    // A connection takes Wine some fifty times as long.
    const places = WINDOWS ? sample(recording, 11) : [...Array(recording.length).keys()]
    await each(places, async (limit) => {
      const { data, error } = await through(port, { limit, ending: 'end' })
      if (error?.code !== 'ERR_TLS_TRUNCATED') t.fail(`cut after ${limit}: ${error?.code ?? 'a clean end'}`)
      if (data !== replyUpTo(recording, limit)) t.fail(`cut after ${limit}: ${data}`)
      phases.set(limit, error?.phase as string)
    })
    handshakeOf(t, recording, phases)
    const { data, error } = await through(port, { limit: recording.length, ending: 'end' })
    t.deepEqual({ data, error }, { data: REPLY.join(''), error: null })
  })

  test(`cut in startTls or after it, the same is truncated, over ${version}`, async (t) => {
    const port = await serve(t, version)
    const recording = await record(t, port)
    const phases = new Map<number, string>()
    await each(sample(recording, 13), async (limit) => {
      const { data, error } = await through(port, { limit, ending: 'end' }, upgraded)
      t.is(error?.code, 'ERR_TLS_TRUNCATED', `cut after ${limit}`)
      t.is(data, replyUpTo(recording, limit), `cut after ${limit}`)
      phases.set(limit, error?.phase as string)
    })
    handshakeOf(t, recording, phases)
  })

  test(`reset, the same is a reset, over ${version}`, async (t) => {
    const port = await serve(t, version)
    const recording = await record(t, port)
    await each(sample(recording, 17), async (limit) => {
      const { data, error } = await through(port, { limit, ending: 'reset' })
      const isRead = error?.phase === 'read'
      // The handshake's last message may be written to a connection that is no more; then there is none to read.
      // Under Wine it may look like an end, once a write has been told of it.
      const codes = isRead ? ['ECONNRESET'] : ['ECONNRESET', 'EPIPE']
      if (WINDOWS) codes.push('ECONNABORTED', 'ERR_TLS_TRUNCATED')
      t.true(codes.includes(error?.code ?? ''), `reset after ${limit}: ${error?.code ?? 'a clean end'}`)
      // Windows throws away what has come when a reset comes.
      const exact = isRead && !WINDOWS
      if (exact) t.is(data, replyUpTo(recording, limit), `reset after ${limit}`)
      else t.true(replyUpTo(recording, limit).startsWith(data), `reset after ${limit}`)
    })
  })

  test(`a byte changed on the way ends the reply before its record, over ${version}`, async (t) => {
    const port = await serve(t, version)
    const recording = await record(t, port)
    const { ends } = recording
    const begin = ends.at(-5) as number
    const step = WINDOWS ? 5 : 1
    const places = Array.from({ length: Math.ceil((recording.length - begin) / step) }, (_, at) => begin + at * step)
    await each(places, async (change) => {
      const { data, error } = await through(port, { change })
      const start = ends.filter((end) => end <= change).at(-1) as number
      const what = `byte ${change - start} of the record at ${start}`
      // The kind and the version before a sealed record may be looked at or not: they mean nothing (RFC 8446 section 5.2).
      const isHarmless = error === null && change - start < 3
      if (!isHarmless) t.regex(error?.code ?? 'a clean end', /^ERR_(SSL_\w+|TLS_TRUNCATED)$/, what)
      t.is(data, isHarmless ? REPLY.join('') : replyUpTo(recording, change), what)
    })
  })

  test(`a handshake and a reply that come byte by byte, or both together, are whole, over ${version}`, async (t) => {
    const port = await serve(t, version)
    for (const dial of [direct, upgraded]) {
      for (const pace of ['drip', 'together'] as const) {
        const { data, error } = await through(port, { pace }, dial)
        t.deepEqual({ data, error }, { data: REPLY.join(''), error: null }, pace)
      }
    }
  })
}
