// Messages cut out of a stream: many small ones by their length, few large ones by the token at their end.
import { FrameCheck, MEBIBYTE, MessageCheck } from '../harness/checks.mjs'

export const messages = [
  {
    name: 'frames',
    title: 'frames of 64 bytes, u32be, for await',
    unit: 'frame',
    units: { full: 1_000_000, quick: 100_000 },
    Check: FrameCheck,
    run: 'frames',
    contestants: {
      tcpull: { peer: 'tcpull' },
      'hand-written': { peer: 'hand-written' },
      'hand-written, readFrame': { peer: 'hand-written', run: 'framesByCall' }
    },
    targets: { 'hand-written': 3 }
  },
  {
    name: 'token',
    title: 'a token at the end of 32 MiB',
    unit: 'MiB',
    units: { full: 64, quick: 32 },
    step: 32,
    Check: MessageCheck,
    run: 'token',
    parameters: { length: 32 * MEBIBYTE },
    contestants: {
      tcpull: { peer: 'tcpull' },
      // A linear search: 32 MiB take at most twice as long per byte as 1 MiB.
      'tcpull, at 1 MiB': { peer: 'tcpull', length: MEBIBYTE },
      'hand-written': { peer: 'hand-written' },
      concatenating: { peer: 'concatenating' }
    },
    targets: { 'tcpull, at 1 MiB': 0.5, concatenating: 10 }
  },
  {
    name: 'trickle',
    title: 'a token at the end of 64 MiB in pieces of 64 bytes, CPU',
    unit: 'MiB',
    units: { full: 64, quick: 64 },
    step: 64,
    Check: MessageCheck,
    measure: 'cpu',
    run: 'trickle',
    parameters: { length: 64 * MEBIBYTE },
    contestants: {
      tcpull: { peer: 'tcpull' },
      'tcpull, at 1 MiB': { peer: 'tcpull', length: MEBIBYTE }
    },
    targets: { 'tcpull, at 1 MiB': 0.5 }
  },
  {
    name: 'token-1m',
    title: 'a token at the end of 1 MiB',
    unit: 'MiB',
    units: { full: 512, quick: 64 },
    Check: MessageCheck,
    run: 'token',
    parameters: { length: MEBIBYTE },
    contestants: {
      tcpull: { peer: 'tcpull' },
      'hand-written': { peer: 'hand-written' },
      concatenating: { peer: 'concatenating' }
    }
  }
]
