// One contestant's turn at one workload, in a process of its own so that no one runs in code another one has warmed or
// spoilt. Called with a job as JSON; prints what it took as JSON. Knows nothing of rounds or of the other contestants.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { workloads } from '../workloads/index.mjs'
import { watchDelay } from './delay.mjs'

const { workload: name, peer, run, parameters, port, tls, units, warmUp } = JSON.parse(process.argv[2])
const workload = workloads.find((workload) => workload.name === name)
const contestant = (await import(`../peers/${peer}.mjs`))[run]

const measures = { memory, delay: longestDelay }
const result = await (measures[workload.measure] ?? time)()
// Connections left open, over which memory and delay are measured, would keep the process.
process.stdout.write(JSON.stringify(result), () => process.exit())

async function time() {
  await turn(warmUp)
  let begin = look()
  await turn(units, () => {
    begin = look()
  })
  const end = look()
  return Object.fromEntries(Object.keys(end).map((name) => [name, Number(end[name] - begin[name])]))
}

/** The clocks, in ns. */
function look() {
  const { user, system } = process.cpuUsage()
  return { process: (user + system) * 1000, elapsed: process.hrtime.bigint(), thread: threadTime() }
}

async function longestDelay() {
  await turn(warmUp)
  const stop = watchDelay()
  await turn(units)
  return { delay: stop() }
}

async function memory() {
  const warm = await turn(warmUp)
  const before = await resident()
  const kept = await turn(units)
  const after = await resident()
  // Named after the second look, all of them are reachable until then.
  if (warm.length + kept.length !== warmUp + units) throw new Error('some connections were not kept')
  return { bytes: after - before }
}

/** Contestants may call `start` once all is ready that is not to be measured; else the whole of the turn is. */
async function turn(units, start = () => {}) {
  const check = new workload.Check(units)
  const kept = await contestant({ ...parameters, port, tls, units, check, start })
  check.done()
  return kept
}

/** Nanoseconds the JS thread has run: on Linux the main thread's id is the process's. */
function threadTime() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0])
}

/** Bytes resident once garbage is gone and finalizers have run. */
async function resident() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await delay(50)
  }
  return process.memoryUsage.rss()
}
