// What the public types say, held by the compiler alone: this file is compiled and never run.

import { connect, processRequest, type TcpClient, TcpError } from 'tcpull'

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
  const bySize = await client.request('a', { size: 1 })
  is<typeof bySize, Buffer>(true)
  const byLine = await client.request('a', { line: true })
  is<typeof byLine, string | null>(true)
  const byFrame = await client.request('a', { frame: 'u8' })
  is<typeof byFrame, Buffer | null>(true)
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
}
