// Many small writes in one turn of the event loop.
import { SinkCheck } from '../harness/checks.mjs'

export const writes = [
  {
    name: 'small-writes',
    title: 'writes of 64 bytes, 100 a tick',
    unit: 'write',
    units: { full: 1_000_000, quick: 100_000 },
    step: 100,
    Check: SinkCheck,
    run: 'smallWrites',
    parameters: { together: 100 },
    contestants: {
      tcpull: { peer: 'tcpull' },
      'net, corked': { peer: 'net' },
      'net, not corked': { peer: 'net', corked: false }
    },
    targets: { 'net, corked': 2 }
  }
]
