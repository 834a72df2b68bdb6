// A worker that sends a long stream of known bytes with a mark in it, and receives one; says how much came, and whether all
// of it was right.

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { bytesAt, LARGEST } from '../helpers/positions'
import { createServer } from '../helpers/transport'

const { mark, markAt, size } = workerData as { mark: string; markAt: number; size: number }

async function send(socket: Socket): Promise<void> {
  for (let sent = 0; sent < size; ) {
    const end = sent < markAt ? markAt : size
    const piece = sent === markAt ? Buffer.from(mark) : bytesAt(sent, Math.min(LARGEST, end - sent))
    sent += piece.length
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  socket.end()
}

async function receive(socket: Socket): Promise<void> {
  let received = 0
  let right = true
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    right &&= bytesAt(received, chunk.length).equals(chunk)
    received += chunk.length
  }
  parentPort?.postMessage({ received, right })
}

async function main(): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    server.close()
    send(socket)
    receive(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  parentPort?.postMessage((server.address() as AddressInfo).port)
}

main()
