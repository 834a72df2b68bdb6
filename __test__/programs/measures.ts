// What a program can know of its own process; knows no connections.

import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** Bytes of memory that the process holds. */
export function residentMemory(): number {
  return process.memoryUsage.rss()
}

/** The most that it ever held: on Linux VmHWM, because `maxRSS` there counts what its parent held. */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(status.match(/VmHWM:\s*(\d+) kB/)?.[1]) * 1024
}

/** Open files, sockets among them; 0 where no system lists them, and only the far end tells what was closed. */
export function openFiles(): number {
  return process.platform !== 'linux' ? 0 : readdirSync('/proc/self/fd').length
}

/** Collects garbage, and lets finalizers run. Needs `--expose-gc`. */
export async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await turn()
  }
}

/** Bytes that grow per cycle: the slope of the least-squares line through the samples. */
export function slope(samples: readonly (readonly [cycle: number, bytes: number])[]): number {
  const mean = (at: 0 | 1): number => samples.reduce((sum, sample) => sum + sample[at], 0) / samples.length
  const [cycles, bytes] = [mean(0), mean(1)]
  const product = samples.reduce((sum, sample) => sum + (sample[0] - cycles) * (sample[1] - bytes), 0)
  return product / samples.reduce((sum, sample) => sum + (sample[0] - cycles) ** 2, 0)
}

export function report(values: Record<string, number>): void {
  console.log(JSON.stringify(values))
}

/** The next line that the test writes. */
export async function told(): Promise<void> {
  process.stdin.resume()
  await new Promise((resolve) => process.stdin.once('data', resolve))
  process.stdin.pause()
}
