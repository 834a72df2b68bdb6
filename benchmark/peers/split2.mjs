// The package split2, a transform stream of lines.
import split2 from 'split2'
import { open } from './open.mjs'

export async function linesForAwait({ port, units, check }) {
  for await (const line of open(port, `lines ${units}`).pipe(split2())) check.line(line)
}
