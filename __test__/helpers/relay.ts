// A way to a server on which its bytes suffer what they may in a network: they are cut off, changed, or come one by one. Knows
// nothing of what they mean, and no cases.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { turns } from './peer'

/** What becomes of the bytes of the server. */
export interface Treatment {
  /** So many are let through. Default: all */
  limit?: number
  /** How the connection goes on after these; by default the client is told nothing more. */
  ending?: 'end' | 'reset'
  /** The position of one that is changed on the way */
  change?: number
  /** They come one by one, or those together that the server says without pausing. */
  pace?: 'drip' | 'together'
  /** The client does not learn of the server's end. */
  endless?: boolean
}

export interface Relay {
  port: number
  /** What the server has said to all clients, as it left the server */
  fromServer: Buffer
  fromClient: Buffer
  /** Whether a client has ended its side, other than by a reset */
  ended: boolean
  close(): void
}

/** A relay to a port of this machine, until it is closed. */
export async function relay(to: number, treatment: Treatment = {}): Promise<Relay> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  const state: Relay = {
    port: 0,
    fromServer: Buffer.alloc(0),
    fromClient: Buffer.alloc(0),
    ended: false,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    keep(near)
    const far = keep(connect({ port: to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }))
    near.on('close', (isReset) => (isReset ? far.resetAndDestroy() : far.destroy()))
    near.on('data', (chunk) => {
      state.fromClient = Buffer.concat([state.fromClient, chunk])
      far.write(chunk)
    })
    near.on('end', () => {
      state.ended = true
      far.end()
    })
    forward(far, near, treatment, (chunk) => {
      state.fromServer = Buffer.concat([state.fromServer, chunk])
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  state.port = (server.address() as AddressInfo).port
  return state
}

function forward(far: Socket, near: Socket, treatment: Treatment, seen: (chunk: Buffer) => void): void {
  const { limit = Infinity, ending, change = -1, pace, endless = false } = treatment
  let passed = 0
  const held: Buffer[] = []
  // In order, however long each takes.
  let before = Promise.resolve()
  const queue = (act: () => Promise<unknown> | unknown): void => {
    before = before.then(async () => void (await act()))
  }
  const cut = (): void => {
    if (ending === 'end') near.end()
    if (ending === 'reset') near.resetAndDestroy()
  }
  if (limit === 0) cut()
  far.on('data', (chunk) => {
    seen(chunk)
    const part = Buffer.from(chunk.subarray(0, Math.max(0, limit - passed)))
    const at = change - passed
    if (at >= 0 && at < part.length) part[at] = (part[at] as number) ^ 1
    passed += part.length
    if (part.length === 0) return
    held.push(part)
    queue(async () => {
      if (pace === 'together') await turns(20)
      const bytes = Buffer.concat(held.splice(0))
      await (pace === 'drip' ? slowly(near, bytes) : written(near, bytes))
    })
    if (passed === limit) queue(cut)
  })
  far.on('end', () => {
    if (!endless && passed < limit) queue(() => near.end())
  })
}

async function slowly(socket: Socket, bytes: Buffer): Promise<void> {
  // Wine takes milliseconds for each.
  const size = process.platform === 'win32' ? 13 : 1
  for (let at = 0; at < bytes.length; at += size) {
    await written(socket, bytes.subarray(at, at + size))
    await turns(1)
  }
}

/** A socket that is closed meanwhile takes it as well as any. */
async function written(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
}
