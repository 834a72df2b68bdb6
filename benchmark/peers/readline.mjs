// Node's `readline` over a socket, as its documentation shows.
import { createInterface } from 'node:readline'
import { open } from './open.mjs'

export async function linesForAwait({ port, units, check }) {
  const input = open(port, `lines ${units}`)
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) check.line(line)
}
