// Opens clients and forgets them, some with unread bytes, some after a read that failed; reports how many were collected
// and whether their sockets closed.

import type { TcpClient } from 'tcpull'
import { connect } from '../helpers/transport'
import { collect, openFiles, report } from './measures'

const BATCH = 500
const [total, port] = process.argv.slice(2).map(Number) as [number, number]

let collected = 0
const registry = new FinalizationRegistry<void>(() => {
  collected++
})

async function open(number: number): Promise<WeakRef<TcpClient>> {
  const client = await connect({ host: '127.0.0.1', port })
  if (number % 3 === 1) await client.readExactly(1)
  if (number % 3 === 2) await client.readExactly(100, { timeout: 1 }).catch(() => {})
  registry.register(client, undefined)
  return new WeakRef(client)
}

async function main(): Promise<void> {
  await (await connect({ host: '127.0.0.1', port })).close()
  await collect()
  const before = openFiles()
  const references: WeakRef<TcpClient>[] = []
  for (let number = 0; number < total; number += BATCH) {
    references.push(...(await Promise.all(Array.from({ length: BATCH }, (_, index) => open(number + index)))))
    await collect()
  }
  // Finalizers run when V8 and the loop come to it.
  for (let round = 0; round < 100 && (collected < total || openFiles() > before); round++) await collect()
  const alive = references.filter((reference) => reference.deref() !== undefined).length
  report({ collected, alive, before, after: openFiles() })
}

main()
