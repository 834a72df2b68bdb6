// What the public types say, held by the compiler alone: this file is compiled and never run.

import * as dns from 'node:dns'
import type * as net from 'node:net'
import {
  connect,
  type LookupFunction,
  type PeerCertificate,
  processRequest,
  type TcpClient,
  TcpError,
  type TlsInfo
} from 'tcpull'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <A, B>(_equal: Equal<A, B>) => undefined

export async function opening(signal: AbortSignal) {
  const client = await connect('host:1')
  is<typeof client, TcpClient>(true)
  is<Awaited<ReturnType<typeof TcpClient.connect>>, TcpClient>(true)
  await connect({ host: 'host', port: 1 }, { timeout: 1, signal, family: 4, noDelay: false, maxBuffer: 1 })
  // @ts-expect-error an option that does not exist
  await connect('host:1', { timeOut: 1 })
  // @ts-expect-error a port is needed
  await connect({ host: 'host' })
  const bytes = await processRequest('host:1', 'question')
  is<typeof bytes, Buffer>(true)
  const text = await processRequest('host:1', new Uint8Array(1), { encoding: 'utf8' })
  is<typeof text, string>(true)
}

export async function reading(client: TcpClient, signal: AbortSignal) {
  const some = await client.read({ max: 1, timeout: 1, signal })
  is<typeof some, Buffer | null>(true)
  const exact = await client.readExactly(1)
  is<typeof exact, Buffer>(true)
  const length = await client.readInto(new Uint8Array(1))
  is<typeof length, number>(true)
  const upTo = await client.readUntil(['a', new Uint8Array(1)], { maxSize: 1, keepMarker: false })
  is<typeof upTo, Buffer>(true)
  const line = await client.readLine({ encoding: 'cp866' })
  is<typeof line, string | null>(true)
  const all = await client.readAll({ maxSize: 1 })
  is<typeof all, Buffer>(true)
  const frame = await client.readFrame({ length: 'u16be' })
  is<typeof frame, Buffer | null>(true)
  // @ts-expect-error a length that does not exist
  await client.readFrame({ length: 'u128' })
  const { data, reason } = await client.receive({ marker: '\n', maxSize: 1, timeout: 1 })
  is<typeof data, Buffer>(true)
  is<typeof reason, 'marker' | 'size' | 'timeout' | 'end'>(true)
  const { index, match, before } = await client.expect(['a', /b/])
  is<typeof index, number>(true)
  is<typeof match, string | RegExpExecArray>(true)
  is<typeof before, string>(true)
  is<ReturnType<typeof client.peek>, Buffer>(true)
}

export async function asking(client: TcpClient) {
  const byMarker = await client.request(new Uint8Array(1), { marker: ['a', 'b'], keepMarker: false, timeout: 1 })
  is<typeof byMarker, Buffer>(true)
  // @ts-expect-error an answer that is read in no way that exists
  await client.request('a', { lines: true })
  const bySize = await client.request('a', { size: 1 })
  is<typeof bySize, Buffer>(true)
  const byLine = await client.request('a', { line: true })
  is<typeof byLine, string | null>(true)
  const byFrame = await client.request('a', { frame: 'u8' })
  is<typeof byFrame, Buffer | null>(true)
}

export async function resolving(own: LookupFunction, nodes: net.LookupFunction) {
  await connect('host:1', { lookup: own })
  await connect('host:1', { lookup: nodes })
  await connect('host:1', { lookup: dns.lookup })
  await connect('host:1', { lookup: (_name, { all, family }, callback) => callback(null, `${all} ${family}`, 4) })
}

export async function writing(client: TcpClient, signal: AbortSignal) {
  is<ReturnType<typeof client.write>, Promise<void>>(true)
  await client.write('text', { timeout: 1, signal })
  await client.writeLine('text', { encoding: 'cp866', marker: '\r\n', timeout: undefined })
  await client.writeFrame(Buffer.alloc(1), { length: 'u64le', signal: undefined })
  // @ts-expect-error numbers are no data
  await client.write(1)
  // @ts-expect-error a frame needs its prefix
  await client.writeFrame('text')
  client.unread('text')
  await client.end({ timeout: 1 })
  await client.close({ signal })
  is<ReturnType<typeof client.destroy>, void>(true)
  client satisfies AsyncDisposable
  await using _other = client
}

export function knowing(client: TcpClient) {
  is<typeof client.remoteAddress, string>(true)
  is<typeof client.remoteFamily, 'IPv4' | 'IPv6'>(true)
  is<typeof client.localPort, number>(true)
  is<typeof client.closed, boolean>(true)
  is<typeof client.timings.lookup, number | null>(true)
  is<typeof client.lastError, TcpError | null>(true)
  is<(typeof client.attempts)[number]['outcome'], 'won' | 'failed' | 'unfinished'>(true)
  // @ts-expect-error what a client knows is not set by others
  client.closed = true
  // @ts-expect-error clients are made by connect alone
  ;new (client.constructor as typeof TcpClient)()
}

export async function iterating(client: TcpClient) {
  for await (const chunk of client) is<typeof chunk, Buffer>(true)
  for await (const line of client.lines()) is<typeof line, string>(true)
  for await (const lines of client.lines().batches()) is<typeof lines, string[]>(true)
  for await (const frame of client.frames({ length: 'varint' })) is<typeof frame, Buffer>(true)
  for await (const frames of client.frames({ length: 'varint' }).batches()) is<typeof frames, Buffer[]>(true)
}

export function failing(error: unknown) {
  if (!(error instanceof TcpError)) return
  is<typeof error.code, string>(true)
  is<typeof error.cause, unknown>(true)
  is<typeof error.phase, 'lookup' | 'connect' | 'proxy' | 'tls' | 'read' | 'write' | undefined>(true)
  is<typeof error.bytesWritten, number | undefined>(true)
  is<typeof error.cert, PeerCertificate | undefined>(true)
}

export async function encrypted(client: TcpClient) {
  await connect('tls://host:1', {
    tls: { pin: ['a'], ca: [new Uint8Array(1), 'pem'], minVersion: 'TLSv1.3', keylog: true }
  })
  await client.startTls()
  await client.startTls({
    servername: 'a',
    rejectUnauthorized: false,
    timeout: 1,
    signal: new AbortController().signal
  })
  is<typeof client.tls, TlsInfo | null>(true)
  is<typeof client.timings.tls, number | null>(true)
  // @ts-expect-error an old version
  await connect('host:1', { tls: { minVersion: 'TLSv1' } })
  // @ts-expect-error nothing but true and false
  await connect('host:1', { tls: { rejectUnauthorized: null } })
}
