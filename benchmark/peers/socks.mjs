// The npm package `socks`, as its README shows, and its socket as one who knows `net` would use it.
import { SocksClient } from 'socks'
import { atOnce } from '../harness/at-once.mjs'
import { closed } from './open.mjs'

/** The port is a proxy's. */
export function openAskCloseThroughProxy({ port, units, check, atOnce: width, target }) {
  const proxy = { host: '127.0.0.1', port, type: 5 }
  const options = { proxy, command: 'connect', destination: target, set_tcp_nodelay: true }
  return atOnce(units, width, async () => {
    const { socket } = await SocksClient.createConnection(options)
    let answer = ''
    socket.setEncoding('latin1').on('data', (part) => {
      answer += part
    })
    socket.write('ask\n')
    // It comes paused.
    socket.resume()
    await closed(socket)
    check.answer(answer)
  })
}
