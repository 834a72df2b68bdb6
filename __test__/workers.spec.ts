// Worker threads: each has an environment of its own, and may be terminated at any point. Judged by how a process of its own
// ends; the far end is this process.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { hasOtherNodes, otherNode } from './helpers/nodes'
import { run } from './helpers/processes'

/** A server for one test; gives its port. */
async function serve(t: ExecutionContext, talk: (socket: Socket) => void): Promise<number> {
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

test.serial(
  '20 workers and the main thread hold their own conversations at once, 10 more one after the other',
  async (t) => {
    const port = await serve(t, (socket) => socket.pipe(socket))
    const { code, signal, report, errors } = await run('conversations', { arguments: [port] })
    t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
    t.deepEqual(report, { own: 200, atOnce: 4000, inTurn: 2000 })
  }
)

for (const major of [undefined, 22, 24]) {
  const name = major === undefined ? "the machine's Node" : `Node ${major}`
  const declare = major === undefined || hasOtherNodes ? test.serial : test.serial.skip

  declare(`200 terminations of workers, 20 at once, in mid operation are clean on ${name}`, async (t) => {
    const node = major === undefined ? process.execPath : await otherNode(t, major)
    if (node === undefined) {
      t.pass()
      return
    }
    const port = await serve(t, anyPeer)
    const { code, signal, report, errors } = await run('terminations', { node, arguments: [200, 20, port] })
    t.log(report)
    t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
    t.is(report.terminated, 200)
    t.true((report.after as number) <= (report.before as number), `open files: ${report.before}, then ${report.after}`)
  })
}
