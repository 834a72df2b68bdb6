// Bytes that tell their position in a stream of any length; knows no connections.

// A prime, so that a position cut to 31 or 32 bits has other bytes.
const PERIOD = 1_048_573

/** The stream's bytes from 0; they go on from the start again. High ones, so that ASCII text stands out of them. */
export const period = Buffer.alloc(PERIOD)
for (let at = 0, state = 1; at < PERIOD; at++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  period[at] = 128 | (state >>> 24)
}
const twice = Buffer.concat([period, period])

/** The largest piece that `bytesAt` gives. */
export const LARGEST = PERIOD

/** The stream's bytes at a position. */
export function bytesAt(position: number, length: number): Buffer {
  const start = position % PERIOD
  return twice.subarray(start, start + length)
}
