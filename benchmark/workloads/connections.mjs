// What a connection costs: to open and close one, and to keep one idle.
import { AnswerCheck, PongCheck } from '../harness/checks.mjs'

const contestants = { tcpull: { peer: 'tcpull' }, net: { peer: 'net' } }

const openAskClose = (atOnce) => ({
  name: `open-ask-close-${atOnce}`,
  title: `open, ask, close, ${atOnce} at once`,
  unit: 'connection',
  units: { full: 10_000, quick: 1_000 },
  Check: AnswerCheck,
  run: 'openAskClose',
  parameters: { atOnce },
  contestants,
  targets: { net: 1 }
})

/** Each has had one exchange before, so that buffers made for it and kept are seen. */
const idle = {
  unit: 'connection',
  units: { full: 10_000, quick: 2_000 },
  measure: 'memory',
  Check: PongCheck,
  run: 'idle',
  contestants,
  targets: { net: 1 }
}

export const connections = [
  openAskClose(1),
  openAskClose(64),
  { ...idle, name: 'idle-memory', title: 'memory when idle', parameters: { atOnce: 64, reading: false } },
  {
    ...idle,
    name: 'idle-memory-reading',
    title: 'memory when idle, a read waiting',
    parameters: { atOnce: 64, reading: true }
  }
]
