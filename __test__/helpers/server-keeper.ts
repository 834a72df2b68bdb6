// Runs servers for tests that cannot run any: Windows has none of them, but Wine's loopback is Linux's. One connection is one
// server; orders and news are lines of JSON. Knows no servers.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { launch, type News, type Order, type Plan } from './server-processes'

/** Waits for plans; gives the port. */
export async function keep(): Promise<number> {
  const server = createServer((socket) => {
    let order: ((order: Order) => void) | undefined
    socket.on('error', () => {})
    // A server does not outlive whoever asked for it.
    socket.on('close', () => order?.({ signal: 'SIGKILL' }))
    listenTo(socket, (line) => {
      if (order) order(line as Order)
      else order = launch(line as Plan, (news) => tell(socket, news))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** Has a plan run by the keeper at a port: the other end of `launch`. */
export function ask(port: number, plan: Plan, news: (news: News) => void): (order: Order) => void {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('close', () => news({ ended: 'its connection' }))
  listenTo(socket, (line) => {
    if ('ended' in (line as News)) socket.destroy()
    news(line as News)
  })
  tell(socket, plan)
  return (order) => tell(socket, order)
}

function tell(socket: Socket, line: unknown): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`)
}

function listenTo(socket: Socket, take: (line: unknown) => void): void {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
  lines.on('line', (line) => take(JSON.parse(line)))
  // It repeats the errors of its input, which are told by the close.
  lines.on('error', () => {})
}
