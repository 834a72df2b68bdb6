// Looks for a line in a gigabyte that has none, a mebibyte at a time, and reports what memory that took.

import { connect } from '../helpers/transport'
import { collect, peakMemory, report, residentMemory } from './measures'

const MEBIBYTE = 1024 * 1024
const [port, total] = process.argv.slice(2).map(Number) as [number, number]

async function main(): Promise<void> {
  const client = await connect({ host: '127.0.0.1', port })
  const skipped = Buffer.alloc(MEBIBYTE, 1)
  const before = residentMemory()
  const peakBefore = peakMemory()
  let limits = 0
  for (let read = 0; read < total; read += MEBIBYTE) {
    const error = await client.readUntil('\n', { maxSize: MEBIBYTE - 1 }).then(
      () => null,
      (error) => error
    )
    if (error?.code === 'ERR_LIMIT') limits++
    await client.readInto(skipped)
    // A thousand errors with their stacks are garbage of megabytes, which V8 would leave until it matters.
    if (limits % 32 === 0) await collect()
  }
  const end = await client.read()
  // The peak counts from the start of the process, so it tells something only where it has risen.
  const peak = peakMemory()
  const grown = Math.max(residentMemory(), peak > peakBefore ? peak : 0) - before
  report({ limits, read: client.bytesRead, ended: end === null ? 1 : 0, grown })
  await client.close()
}

main()
