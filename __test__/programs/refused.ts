// Dials a port that nobody listens on, many times over; reports open files before and after, and how memory grows.

import { connect } from 'tcpull'
import { collect, openFiles, report, residentMemory, slope } from './measures'

const AT_ONCE = 16
const SAMPLES = 20
const [dials, port] = process.argv.slice(2).map(Number) as [number, number]

async function main(): Promise<void> {
  let refused = 0
  const dial = (): Promise<unknown> =>
    connect({ host: '127.0.0.1', port }).catch((error) => {
      if (error.code === 'ECONNREFUSED') refused++
    })
  await dial()
  refused = 0
  await collect()
  const before = openFiles()
  const heap: [number, number][] = []
  const resident: [number, number][] = []
  for (let sample = 1; sample <= SAMPLES; sample++) {
    const end = Math.round((dials * sample) / SAMPLES)
    let left = end - refused
    const one = async (): Promise<void> => {
      while (left-- > 0) await dial()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, one))
    await collect()
    if (sample > SAMPLES / 2) {
      heap.push([end, process.memoryUsage().heapUsed])
      resident.push([end, residentMemory()])
    }
  }
  report({ refused, before, after: openFiles(), heapSlope: slope(heap), residentSlope: slope(resident) })
}

main()
