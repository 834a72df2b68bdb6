// A worker that connects, reads, writes and closes at random, for ever.

import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { TcpClient } from 'tcpull'
import { connect } from '../helpers/transport'

const address = { host: '127.0.0.1', port: workerData as number }
const large = Buffer.alloc(1024 * 1024)

const pending: ((client: TcpClient) => Promise<unknown>)[] = [
  (client) => client.readLine(),
  (client) => client.readInto(Buffer.alloc(256 * 1024)),
  (client) => client.readUntil('never'),
  (client) => client.expect(/never/),
  (client) => client.request('ask\n', { line: true }),
  (client) => client.startTls({ rejectUnauthorized: false }),
  (client) => client.write(large),
  (client) => client.end(),
  (client) => client.close(),
  async (client) => client.destroy()
]

async function converse(): Promise<void> {
  const client = await connect(address)
  const calls = Array.from({ length: Math.floor(Math.random() * 4) }, () => {
    const call = pending[Math.floor(Math.random() * pending.length)] as (client: TcpClient) => Promise<unknown>
    return call(client).catch(() => {})
  })
  await Promise.race([...calls, sleep(5)])
  // What waits to be written may take longer, behind a handshake above all.
  if (Math.random() < 0.5) await client.close({ timeout: 5 }).catch(() => {})
}

async function main(): Promise<void> {
  parentPort?.postMessage('loaded')
  await converse()
  parentPort?.postMessage('conversed')
  for (;;) await Promise.allSettled(Array.from({ length: 4 }, converse))
}

main()
