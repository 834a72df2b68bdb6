// Opens, asks and closes, many times over; reports open files before and after, and how memory grows once warm.

import { connect } from '../helpers/transport'
import { collect, openFiles, report, residentMemory, slope } from './measures'

const AT_ONCE = 16
const SAMPLES = 20
const [cycles, ...ports] = process.argv.slice(2).map(Number) as [number, ...number[]]

async function cycle(number: number): Promise<void> {
  // Several ports: each connection closed from this side keeps its pair of ports for a minute (TIME_WAIT).
  const client = await connect({ host: '127.0.0.1', port: ports[number % ports.length] as number })
  const answer = await client.request(`${number}\n`, { line: true })
  if (answer !== String(number)) throw new Error(`asked ${number}, got ${answer}`)
  await client.close()
}

async function main(): Promise<void> {
  await cycle(0)
  await collect()
  const before = openFiles()
  const heap: [number, number][] = []
  const resident: [number, number][] = []
  let started = 0
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const end = Math.round((cycles * sample) / SAMPLES)
    const one = async (): Promise<void> => {
      while (started < end) await cycle(started++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, one))
    await collect()
    // The first half is the warm-up.
    if (sample > SAMPLES / 2) {
      heap.push([end, process.memoryUsage().heapUsed])
      resident.push([end, residentMemory()])
    }
  }
  report({ cycles: started, before, after: openFiles(), heapSlope: slope(heap), residentSlope: slope(resident) })
}

main()
