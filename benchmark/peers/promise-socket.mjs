// The package promise-socket: promises over a socket's `readable` event.
import { PromiseSocket } from 'promise-socket'
import { atOnce } from '../harness/at-once.mjs'
import { MEBIBYTE, PING } from '../harness/checks.mjs'

async function open(port, command) {
  const client = new PromiseSocket()
  client.stream.setNoDelay(true)
  await client.connect({ host: '127.0.0.1', port })
  await client.write(`${command}\n`)
  return client
}

export function pingPong({ port, units, check, connections, command }) {
  return atOnce(connections, connections, async () => {
    const client = await open(port, command)
    const ping = Buffer.alloc(PING, 'p')
    for (let number = 0; number < units / connections; number++) {
      ping[0] = number
      await client.write(ping)
      check.pong(await client.read(PING), number)
    }
    client.destroy()
  })
}

export async function exactPieces({ port, units, check }) {
  const client = await open(port, `bytes ${units * MEBIBYTE}`)
  for (let i = 0; i < units; i++) check.piece(await client.read(MEBIBYTE))
  client.destroy()
}
