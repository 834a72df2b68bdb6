// The reader one finds most: concatenate what came, search it all again.
import { MEBIBYTE, TOKEN } from '../harness/checks.mjs'
import { open } from './open.mjs'

export async function token({ port, units, check, length }) {
  let buffer = Buffer.alloc(0)
  for await (const chunk of open(port, `token ${length} ${(units * MEBIBYTE) / length}`)) {
    buffer = Buffer.concat([buffer, chunk])
    for (;;) {
      const at = buffer.indexOf(TOKEN)
      if (at < 0) break
      const end = at + TOKEN.length
      check.message(buffer.subarray(0, end), length)
      buffer = buffer.subarray(end)
    }
  }
}
