// All over TLS 1.3, with one cipher for all: a gigabyte, an exchange, the handshake, and what it holds up.
import {
  BytesCheck,
  FullHandshakeCheck,
  MEBIBYTE,
  PongCheck,
  ResumedHandshakeCheck,
  SecuredCheck
} from '../harness/checks.mjs'

/** Ours with the cryptography it has, and with that of the crate `ring` instead of aws-lc. */
const ours = { tcpull: { peer: 'tcpull' }, 'tcpull, ring': { peer: 'tcpull', binary: 'ring' } }

/** Counted in GiB so that the columns say how much processor time a gigabyte takes. */
const bulk = {
  unit: 'MiB',
  shown: { unit: 'GiB', count: 1024 },
  units: { full: 512, quick: 128 },
  Check: BytesCheck,
  over: 'tls'
}

const pieces = {
  ...bulk,
  name: 'tls-exact-pieces',
  title: 'TLS, exact pieces of 1 MiB',
  run: 'exactPieces',
  contestants: { ...ours, 'hand-written': { peer: 'hand-written' } },
  targets: { 'hand-written': 1.5 }
}

const chunks = {
  ...bulk,
  name: 'tls-chunks',
  title: 'TLS, chunks as they come',
  run: 'chunks',
  contestants: { ...ours, 'tls, data': { peer: 'net', run: 'chunksByEvent' } },
  targets: { 'tls, data': 1.5 }
}

/** Each with the size it is quickest with, as without TLS. */
const into = {
  ...bulk,
  name: 'tls-read-into',
  title: 'TLS, into one reused buffer',
  run: 'readInto',
  parameters: { size: MEBIBYTE },
  contestants: { ...ours, 'tls, onread': { peer: 'net', size: 64 * 1024 } },
  targets: { 'tls, onread': 1.5 }
}

const pingPong = {
  name: 'tls-ping-pong',
  title: 'TLS, ping-pong, 64 bytes, one core',
  unit: 'round trip',
  units: { full: 50_000, quick: 10_000 },
  Check: PongCheck,
  over: 'tls',
  run: 'pingPong',
  parameters: { connections: 1, command: 'alone' },
  pinned: true,
  contestants: { ...ours, tls: { peer: 'net' }, 'tls, onread': { peer: 'net', onread: true } },
  targets: { tls: 1.2 }
}

/** Full ones by X25519, which both offer; what the group costs that only ours offers is a contestant of its own. */
const full = (atOnce) => ({
  name: `tls-full-${atOnce}`,
  title: `TLS, open, ask, close, ${atOnce} at once, full handshakes`,
  unit: 'connection',
  units: { full: 2_000, quick: 400 },
  Check: FullHandshakeCheck,
  over: 'tls',
  run: 'handshakes',
  parameters: { atOnce, resumed: false },
  contestants: { ...ours, 'tcpull, X25519MLKEM768': { peer: 'tcpull', over: 'hybrid' }, tls: { peer: 'tls' } },
  targets: { tls: 1.5 }
})

const resumed = (atOnce) => ({
  ...full(atOnce),
  name: `tls-resumed-${atOnce}`,
  title: `TLS, open, ask, close, ${atOnce} at once, resumed`,
  Check: ResumedHandshakeCheck,
  parameters: { atOnce, resumed: true },
  contestants: { ...ours, tls: { peer: 'tls' } }
})

/** One burst: what waits meanwhile shows whether the handshakes are done on the JS thread. */
const delay = {
  name: 'tls-delay',
  title: 'TLS, event-loop delay (p99) while 200 handshakes run',
  units: { full: 200, quick: 200 },
  step: 200,
  Check: SecuredCheck,
  measure: 'delay',
  over: 'tls',
  run: 'secure',
  contestants: { tcpull: { peer: 'tcpull' }, tls: { peer: 'tls' } },
  targets: { tls: 1 }
}

// Eight at once, as a client that keeps tickets for single use, as TLS 1.3 asks, keeps about as many for one server.
export const tls = [pieces, into, chunks, pingPong, full(1), full(8), resumed(1), resumed(8), delay]
