// A gigabyte, taken as exact pieces, into one buffer, and as it comes.
import { BytesCheck, MEBIBYTE } from '../harness/checks.mjs'

const common = { unit: 'MiB', units: { full: 1024, quick: 128 }, Check: BytesCheck }

export const streams = [
  {
    ...common,
    name: 'exact-pieces',
    title: 'exact pieces of 1 MiB',
    run: 'exactPieces',
    contestants: {
      tcpull: { peer: 'tcpull' },
      'hand-written': { peer: 'hand-written' },
      'promise-socket': { peer: 'promise-socket' }
    },
    targets: { 'hand-written': 1.5 }
  },
  {
    ...common,
    name: 'read-into',
    title: 'into one reused buffer',
    run: 'readInto',
    parameters: { size: 64 * 1024 },
    // Each with the size it is quickest with: one fills its buffer, the other has what came put into it.
    contestants: {
      tcpull: { peer: 'tcpull', size: MEBIBYTE },
      'net onread': { peer: 'net' },
      'blocking Rust': { program: 'blocking-client', run: 'pieces' }
    },
    targets: { 'net onread': 1 }
  },
  {
    ...common,
    name: 'chunks',
    title: 'chunks as they come',
    run: 'chunks',
    contestants: {
      tcpull: { peer: 'tcpull' },
      'net, for await': { peer: 'net' },
      'net, data': { peer: 'net', run: 'chunksByEvent' }
    }
  }
]
