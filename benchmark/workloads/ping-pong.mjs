// 64 bytes there and back: the latency of one exchange, and the cost of one among many.
import { PongCheck } from '../harness/checks.mjs'

export const pingPong = [
  {
    name: 'ping-pong-1',
    title: 'ping-pong, 64 bytes, 1 connection, one core',
    unit: 'round trip',
    units: { full: 50_000, quick: 10_000 },
    Check: PongCheck,
    run: 'pingPong',
    parameters: { connections: 1, command: 'alone' },
    pinned: true,
    contestants: {
      tcpull: { peer: 'tcpull' },
      net: { peer: 'net' },
      'net, onread': { peer: 'net', onread: true },
      'promise-socket': { peer: 'promise-socket' },
      'blocking Rust': { program: 'blocking-client', run: 'ping-pong' }
    },
    targets: { net: 1.05, 'blocking Rust': 1 / 1.3 }
  },
  {
    name: 'ping-pong-100',
    title: 'ping-pong, 64 bytes, 100 connections',
    unit: 'round trip',
    units: { full: 200_000, quick: 50_000 },
    step: 100,
    Check: PongCheck,
    run: 'pingPong',
    parameters: { connections: 100, command: 'echo' },
    contestants: {
      tcpull: { peer: 'tcpull' },
      net: { peer: 'net' },
      'net, onread': { peer: 'net', onread: true },
      'promise-socket': { peer: 'promise-socket' }
    }
  }
]
