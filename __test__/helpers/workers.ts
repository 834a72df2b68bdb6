// What the tests of workers share: a server for many connections at once, and workers that are terminated in mid operation,
// judged by how their process ends.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { run } from './processes'
import { createServer } from './transport'

/** A server for one test; gives its port. */
export async function serve(t: ExecutionContext, talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    talk(socket)
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }), 'listening')
  return (server.address() as AddressInfo).port
}

let served = 0

/** Every kind of peer in turn: an echo, a flood, one that does not read, one that resets, one that ends. */
function anyPeer(socket: Socket): void {
  const kinds = [
    () => socket.pipe(socket),
    () => socket.resume().write(Buffer.alloc(300_000, 'x\n')),
    () => socket.pause(),
    () => setTimeout(() => socket.resetAndDestroy(), 2),
    () => socket.resume().end('bye\n')
  ]
  kinds[served++ % kinds.length]?.()
}

/** 200 workers, 20 at once, each terminated at a random point: the process ends well and no file stays open. */
export async function terminations(t: ExecutionContext, node: string): Promise<void> {
  const port = await serve(t, anyPeer)
  const { code, signal, report, errors } = await run('terminations', { node, arguments: [200, 20, port] })
  t.log(report)
  t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
  t.is(report.terminated, 200)
  t.true((report.after as number) <= (report.before as number), `open files: ${report.before}, then ${report.after}`)
}
