// Lines of 100 bytes, in each of the ways to take them.
import { LineCheck } from '../harness/checks.mjs'

const common = { unit: 'line', units: { full: 1_000_000, quick: 100_000 }, Check: LineCheck }

export const lines = [
  {
    ...common,
    name: 'lines-for-await',
    title: 'lines of 100 bytes, for await',
    run: 'linesForAwait',
    contestants: {
      tcpull: { peer: 'tcpull' },
      readline: { peer: 'readline' },
      split2: { peer: 'split2' },
      'hand-written': { peer: 'hand-written' },
      'blocking Rust': { program: 'blocking-client', run: 'lines' }
    },
    targets: { readline: 2 }
  },
  {
    ...common,
    name: 'lines-read-line',
    title: 'lines of 100 bytes, await readLine()',
    run: 'linesReadLine',
    contestants: { tcpull: { peer: 'tcpull' }, 'hand-written': { peer: 'hand-written' } },
    targets: { 'hand-written': 1.8 }
  },
  {
    ...common,
    name: 'lines-batches',
    title: 'lines of 100 bytes, batches, latin1',
    run: 'linesBatches',
    parameters: { encoding: 'latin1' },
    contestants: { tcpull: { peer: 'tcpull' }, 'split on data': { peer: 'split-on-data' } },
    targets: { 'split on data': 1.3 }
  },
  {
    ...common,
    name: 'lines-batches-utf8',
    title: 'lines of 100 bytes, batches, utf8',
    run: 'linesBatches',
    parameters: { encoding: 'utf8' },
    contestants: { tcpull: { peer: 'tcpull' }, 'split on data': { peer: 'split-on-data' } }
  }
]
