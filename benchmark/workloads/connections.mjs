// What a connection costs: to open and close one, straight and through a proxy, and to keep one idle.
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

/** The proxy is itself whatever target it is asked for: it is the clients that are measured. */
const openAskCloseThroughProxy = (atOnce) => ({
  ...openAskClose(atOnce),
  name: `open-ask-close-socks5-${atOnce}`,
  title: `open, ask, close through SOCKS5, ${atOnce} at once`,
  over: 'socks5',
  run: 'openAskCloseThroughProxy',
  parameters: { atOnce, target: { host: '127.0.0.1', port: 9 } },
  contestants: { tcpull: { peer: 'tcpull' }, socks: { peer: 'socks' } },
  targets: { socks: 1 }
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
  openAskCloseThroughProxy(1),
  openAskCloseThroughProxy(64),
  { ...idle, name: 'idle-memory', title: 'memory when idle', parameters: { atOnce: 64, reading: false } },
  {
    ...idle,
    name: 'idle-memory-reading',
    title: 'memory when idle, a read waiting',
    parameters: { atOnce: 64, reading: true }
  }
]
