// The quickest lines to be had from `net`: decode, split, carry the rest over. It has no back-pressure to speak of.
import { closed, open } from './open.mjs'

export async function linesBatches({ port, units, check, encoding }) {
  const socket = open(port, `lines ${units}`).setEncoding(encoding)
  let rest = ''
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    check.lines(lines)
  })
  await closed(socket)
}
