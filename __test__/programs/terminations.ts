// Terminates workers at random points of what they do; loads tcpull in them alone. Reports files before and after.

import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { openFiles, report } from './measures'

const [total, atOnce, port] = process.argv.slice(2).map(Number) as [number, number, number]

async function terminate(point: 'any' | 'conversed'): Promise<void> {
  const worker = new Worker(join(__dirname, 'busy-worker.js'), { workerData: port })
  const failed = once(worker, 'error').then(([error]) => {
    throw error
  })
  failed.catch(() => {})
  // Some while they start or load, most in the middle of their conversations.
  if (point === 'any' && Math.random() < 0.2) await once(worker, 'online')
  else await Promise.race([once(worker, 'message'), failed])
  if (point === 'conversed') await Promise.race([once(worker, 'message'), failed])
  else await Promise.race([sleep(Math.random() * 20), failed])
  await worker.terminate()
}

async function main(): Promise<void> {
  // The first conversation of all starts the dialling thread, whose files stay open.
  await terminate('conversed')
  const before = openFiles()
  let [terminated, started] = [0, 0]
  const one = async (): Promise<void> => {
    while (started++ < total) {
      await terminate('any')
      terminated++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  report({ terminated, before, after: openFiles() })
}

main()
