// Tens of thousands of connections opened, closed, refused and forgotten in a process of their own: files and memory are as
// before. The far ends are in this process.

import { once } from 'node:events'
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { run } from './helpers/processes'
import { createServer, overTls } from './helpers/transport'

// Bytes per cycle above which memory counts as growing: any object of ours is larger, and noise is smaller.
const HEAP_SLOPE = 16
// Over TLS the allocator's holes come to more (-10 to 66 were seen), and what could be lost is a connection's, of kilobytes.
const RESIDENT_SLOPE = overTls ? 256 : 64

// V8's young generation grows to 16 MiB as it sees fit; kept small, what grows is ours.
const FLAGS = ['--expose-gc', '--max-semi-space-size=1']

/** A server for one test; gives its port. */
async function serve(t: ExecutionContext, talk: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    talk(socket)
  })
  t.teardown(() => server.close())
  await once(server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }), 'listening')
  return (server.address() as AddressInfo).port
}

function isFlat(t: ExecutionContext, { before, after, heapSlope, residentSlope }: Record<string, number>): void {
  t.is(after, before, 'open files')
  t.true((heapSlope as number) <= HEAP_SLOPE, `the heap grows by ${heapSlope} bytes each time`)
  t.true((residentSlope as number) <= RESIDENT_SLOPE, `memory grows by ${residentSlope} bytes each time`)
}

test.serial('50,000 times open, echo and close leave files and memory as they were', async (t) => {
  let open = 0
  const echo = (socket: Socket): void => {
    open++
    socket.pipe(socket)
    socket.on('close', () => open--)
  }
  const ports = await Promise.all(Array.from({ length: 8 }, () => serve(t, echo)))
  const { code, report, errors } = await run('open-echo-close', {
    flags: FLAGS,
    arguments: [50_000, ...ports]
  })
  t.log(report)
  t.is(code, 0, errors)
  t.is(report.cycles, 50_000)
  isFlat(t, report)
  while (open > 0) await sleep(10)
})

// None of these comes to a handshake of TLS.
const onTcp = overTls ? () => {} : test.serial

onTcp('30,000 refused dials leave files and memory as they were', async (t) => {
  const server = createPlainServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  const { code, report, errors } = await run('refused', { flags: FLAGS, arguments: [30_000, port] })
  t.log(report)
  t.is(code, 0, errors)
  t.is(report.refused, 30_000)
  isFlat(t, report)
})

test.serial('10,000 clients dropped without a close are collected, and their sockets closed', async (t) => {
  let [opened, closed] = [0, 0]
  const port = await serve(t, (socket) => {
    opened++
    socket.write('hello')
    // Flowing, so that the end is seen.
    socket.resume()
    socket.on('close', () => closed++)
  })
  const { code, report, errors } = await run('dropped', { flags: FLAGS, arguments: [10_000, port] })
  t.log({ ...report, opened, closed })
  t.is(code, 0, errors)
  t.deepEqual({ collected: report.collected, alive: report.alive }, { collected: 10_000, alive: 0 })
  t.is(report.after, report.before, 'open files')
  while (closed < opened) await sleep(10)
  t.is(closed, 10_001)
})
