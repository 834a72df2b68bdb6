// Positions beyond 2^31 and 2^32 on one connection, in both directions; the far end is a worker.

import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import type { TcpClient } from 'tcpull'
import { bytesAt, LARGEST } from './helpers/positions'
import { connect } from './helpers/transport'

const MARK = 'the mark'
const MARK_AT = 2 ** 32 + 1_234_567
const SIZE = MARK_AT + 3_000_000

async function farEnd(t: ExecutionContext): Promise<{ worker: Worker; port: number }> {
  const workerData = { mark: MARK, markAt: MARK_AT, size: SIZE }
  const worker = new Worker(join(__dirname, 'programs', 'far-end.js'), { workerData })
  t.teardown(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  return { worker, port }
}

/** Fails unless these are the stream's bytes that end where the client has got to. */
function isRight(t: ExecutionContext, client: TcpClient, bytes: Uint8Array, end: number): void {
  const position = client.bytesRead - client.buffered
  if (position !== end) t.fail(`read up to ${position}, not ${end}`)
  if (!bytesAt(end - bytes.length, bytes.length).equals(bytes)) t.fail(`wrong bytes before ${end}`)
}

async function read(t: ExecutionContext, client: TcpClient): Promise<void> {
  const memory = Buffer.alloc(LARGEST)
  let at = 0
  for (const border of [2 ** 31, 2 ** 32]) {
    while (at < border - 1000) {
      const count = await client.readInto(memory.subarray(0, Math.min(LARGEST, border - 1000 - at)))
      at += count as number
      isRight(t, client, memory.subarray(0, count as number), at)
    }
    const across = await client.readExactly(2000)
    at += 2000
    isRight(t, client, across, at)
    t.is(at, border + 1000)
  }
  const before = await client.readUntil(MARK)
  t.is(before.length, MARK_AT + MARK.length - at)
  t.is(client.bytesRead - client.buffered, MARK_AT + MARK.length)
  const after = await client.readAll()
  t.is(after.length, SIZE - MARK_AT - MARK.length)
  isRight(t, client, after.subarray(-1000), SIZE)
  t.is(client.bytesRead, SIZE)
}

async function write(t: ExecutionContext, client: TcpClient): Promise<void> {
  for (let sent = 0; sent < SIZE; ) {
    const piece = bytesAt(sent, Math.min(LARGEST, SIZE - sent))
    await client.write(piece)
    sent += piece.length
    if (client.bytesWritten !== sent) t.fail(`${client.bytesWritten} bytes are said to be written, not ${sent}`)
  }
  await client.end()
  t.is(client.bytesWritten, SIZE)
}

test('positions beyond 2^31 and 2^32 bytes are exact, read and written', async (t) => {
  const { worker, port } = await farEnd(t)
  const client = await connect({ host: '127.0.0.1', port })
  t.teardown(() => client.destroy())
  const told = once(worker, 'message')
  await Promise.all([read(t, client), write(t, client)])
  t.deepEqual(await told, [{ received: SIZE, right: true }])
  await client.close()
})
