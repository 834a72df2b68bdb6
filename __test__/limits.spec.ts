// Rule 7 in figures: what a peer that sends without end can make this process hold. The sender is this process, the client
// one of its own.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { run } from './helpers/processes'
import { createServer } from './helpers/transport'

const MEBIBYTE = 1024 * 1024

/** A server for one test; gives its port. */
async function serve(t: ExecutionContext, talk: (socket: Socket) => Promise<void>): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    talk(socket)
  })
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** Sends `total` bytes as fast as they are taken. */
async function flood(socket: Socket, total: number): Promise<void> {
  const piece = Buffer.alloc(256 * 1024, 'x')
  for (let sent = 0; sent < total && !socket.destroyed; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  socket.end()
}

test.serial('a gigabyte without a marker meets the limit each time, in 8 MiB of memory at most', async (t) => {
  const total = 1024 * MEBIBYTE
  const port = await serve(t, (socket) => flood(socket, total))
  const { code, report, errors } = await run('marker-less', { flags: ['--expose-gc'], arguments: [port, total] })
  t.log(report)
  t.is(code, 0, errors)
  t.is(report.limits, 1024)
  t.is(report.read, total)
  t.is(report.ended, 1)
  t.true((report.grown as number) <= 8 * MEBIBYTE, `memory grew by ${report.grown} bytes`)
})

test.serial('while nobody reads the sender blocks, and goes on when somebody does', async (t) => {
  const total = 128 * MEBIBYTE
  let sender: Socket | undefined
  let taken = 0
  const port = await serve(t, async (socket) => {
    sender = socket
    socket.write('hello\n')
    await flood(socket, total)
  })
  const { code, report, errors } = await run('idle-reader', {
    arguments: [port],
    onLine: async (_, input) => {
      // Until the system has taken nothing more for a while.
      for (let before = -1; before < taken; ) {
        before = taken
        await sleep(500)
        taken = (sender as Socket).bytesWritten - (sender as Socket).writableLength
      }
      input.write('go on\n')
    }
  })
  t.log({ taken, ...report })
  t.is(code, 0, errors)
  t.true(taken < total / 2, `the sender got rid of ${taken} bytes`)
  t.true((report.buffered as number) <= MEBIBYTE, `${report.buffered} bytes were read ahead`)
  t.true((report.grown as number) <= 8 * MEBIBYTE, `memory grew by ${report.grown} bytes`)
  t.is(report.rest, total)
})
