// The demo: a conversation with an echo server, an embedded one unless the command line names `host:port`.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'tcpull'
import { converse } from './conversation.mjs'
import { heading, note } from './show.mjs'

const named = process.argv[2]
const server = named ? undefined : createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
if (server) await once(server.listen(0, '127.0.0.1'), 'listening')
const address = named ?? `127.0.0.1:${server.address().port}`

let client
try {
  heading(`connect to ${address}${named ? ', which has to be an echo server' : ', an echo server in this process'}`)
  // A server that is no echo server must end the demo with an error, not with silence.
  client = await connect(address, { timeout: 10_000, readTimeout: 5_000 })
  note(`connected from ${client.localAddress}:${client.localPort} to ${client.remoteAddress}:${client.remotePort}`)
  note(`the connection took ${client.timings.connect.toFixed(2)} ms`)
  await converse(client)
} catch (error) {
  console.error(`\n${error.name} ${error.code ?? ''}: ${error.message}`)
  process.exitCode = 1
} finally {
  client?.destroy()
  server?.close()
}
