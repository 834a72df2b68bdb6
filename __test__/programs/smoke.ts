// A conversation through every kind of call, in the main thread and in a worker, with an echo server of its own; for hosts on
// which the test runner does not start. Reports how many steps went well, and ends by itself with a connection left open.

import { deepEqual, equal, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { connect, processRequest, TcpClient, TcpError } from 'tcpull'
import { report } from './measures'

type Step = (client: TcpClient, port: number) => Promise<void>

/** Each step has a connection of its own to the echo server. */
const steps: Record<string, Step> = {
  async lines(client) {
    await client.writeLine('привет', { encoding: 'windows-1251', marker: '\r\n' })
    equal(await client.readLine({ encoding: 'windows-1251' }), 'привет')
    equal(await client.request('a question\n', { line: true }), 'a question')
  },
  async sizesAndMarkers(client) {
    await client.write('abc=rest|12345678')
    equal(String(await client.readUntil(['=', '|'])), 'abc=')
    equal(String(await client.readUntil('|', { keepMarker: false })), 'rest')
    equal(String(await client.readExactly(4)), '1234')
    client.unread('0')
    equal(String(client.peek(1)), '0')
    const target = new Uint8Array(3)
    equal(await client.readInto(target), 3)
    equal(String(Buffer.from(target)), '056')
    equal(String(await client.read({ max: 1 })), '7')
    deepEqual(await client.receive({ maxSize: 1 }), { data: Buffer.from('8'), reason: 'size' })
  },
  async frames(client) {
    const big = Buffer.alloc(300_000, 'x')
    await Promise.all([client.writeFrame('one', { length: 'u16be' }), client.writeFrame(big, { length: 'varint' })])
    equal(String(await client.readFrame({ length: 'u16be' })), 'one')
    equal((await client.readFrame({ length: 'varint' }))?.equals(big), true)
  },
  async patterns(client) {
    await client.write('login: user 42>')
    const { index, match, before } = await client.expect(['nothing', /user (\d+)>/])
    deepEqual([index, match[1], before], [1, '42', 'login: '])
  },
  async iterators(client) {
    await client.write('1\n2\n3\n\x01a\x01bthe rest')
    const seen: string[] = []
    for await (const line of client.lines()) if (seen.push(line) === 3) break
    for await (const frame of client.frames({ length: 'u8' })) if (seen.push(String(frame)) === 5) break
    await client.end()
    const chunks: Buffer[] = []
    for await (const chunk of client) chunks.push(chunk)
    deepEqual([...seen, String(Buffer.concat(chunks))], ['1', '2', '3', 'a', 'b', 'the rest'])
    equal(await client.readLine(), null)
  },
  async toTheEnd(client) {
    await client.write('all of it')
    await client.end()
    equal(String(await client.readAll()), 'all of it')
    await rejects(client.readExactly(1), { code: 'ERR_UNEXPECTED_END' })
  },
  async failures(client) {
    await rejects(client.readLine({ timeout: 1 }), { code: 'ETIMEDOUT', name: 'TimeoutError' })
    const abort = new AbortController()
    const aborted = rejects(client.readLine({ signal: abort.signal }), { code: 'ABORT_ERR', name: 'AbortError' })
    abort.abort()
    await aborted
    await client.write('not a line')
    await rejects(client.readUntil('\n', { maxSize: 5 }), { code: 'ERR_LIMIT' })
    equal(String(await client.readExactly(10)), 'not a line')
    await client.close()
    await rejects(client.readLine(), (error) => error instanceof TcpError && error.code === 'ERR_CLOSED')
  },
  async opening(client, port) {
    deepEqual([client.remoteAddress, client.remotePort, client.closed], ['127.0.0.1', port, false])
    client.destroy()
    equal(client.closed, true)
    equal(await processRequest(`127.0.0.1:${port}`, 'whole\n', { encoding: 'utf8' }), 'whole\n')
    const named = await TcpClient.connect({ host: 'localhost', port }, { family: 4 })
    await named.close()
    await rejects(connect({ host: '127.0.0.1', port: 70_000 }), { code: 'ERR_INVALID_ARG_VALUE' })
    await rejects(connect({ host: '127.0.0.1', port }, { signal: AbortSignal.abort() }), { code: 'ABORT_ERR' })
  }
}

async function converse(port: number): Promise<number> {
  for (const step of Object.values(steps)) {
    const client = await connect({ host: '127.0.0.1', port }, { timeout: 30_000, readTimeout: 30_000 })
    await step(client, port)
    client.destroy()
  }
  return Object.keys(steps).length
}

async function main(): Promise<void> {
  if (!isMainThread) {
    parentPort?.postMessage(await converse(workerData))
    return
  }
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .unref()
      .pipe(socket)
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const own = await converse(port)
  const worker = new Worker(__filename, { workerData: port })
  const [[inWorker], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  equal(code, 0)
  // Nothing waits on this one, so it does not keep the process alive.
  await connect({ host: '127.0.0.1', port })
  server.close()
  report({ own, inWorker })
}

main()
