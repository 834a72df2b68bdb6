// The same conversation in the main thread and in workers at once, then in one worker after the other. Reports how many
// ended well.

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { connect } from '../helpers/transport'
import { report } from './measures'

const port = Number(isMainThread ? process.argv[2] : workerData.port)
const REQUESTS = 200

/** Asks for lines, several at a time, under a name of its own; gives how many answers were right. */
async function converse(name: string): Promise<number> {
  const client = await connect({ host: '127.0.0.1', port })
  let right = 0
  for (let asked = 0; asked < REQUESTS; asked += 10) {
    const questions = Array.from({ length: 10 }, (_, index) => `${name} ${asked + index}`)
    const answers = await Promise.all(questions.map((text) => client.request(`${text}\n`, { line: true })))
    right += answers.filter((answer, index) => answer === questions[index]).length
  }
  await client.close()
  return right
}

async function inWorker(name: string): Promise<number> {
  const worker = new Worker(__filename, { workerData: { name, port } })
  const [[right], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
  return code === 0 ? right : 0
}

async function main(): Promise<void> {
  if (!isMainThread) {
    parentPort?.postMessage(await converse(workerData.name))
    return
  }
  const names = Array.from({ length: 20 }, (_, index) => `worker-${index}`)
  const [own, ...theirs] = await Promise.all([converse('main'), ...names.map(inWorker)])
  let inTurn = 0
  for (let turn = 0; turn < 10; turn++) inTurn += await inWorker(`turn-${turn}`)
  report({ own: own as number, atOnce: theirs.reduce((sum, right) => sum + right, 0), inTurn })
}

main()
