// Rule 8: an error belongs to the call it hits, or to the next one; an idle connection's failure never crashes the process.

import test from 'ava'
import { printing, program } from './helpers/programs'

/** Each program would end with an unhandled rejection or exception, if there were one. */
const quiet: Record<string, string> = {
  'an idle connection is reset': `
    const { client, socket } = await meet()
    socket.resetAndDestroy()
    await turns(20)
    console.log(client.closed, client.lastError)
    console.log(await client.read().catch((error) => error.code))
  // false null
  // ECONNRESET`,
  'an idle connection is ended and then reset': `
    const { client, socket } = await meet()
    socket.write('x')
    console.log(String(await client.read()))
    socket.end()
    await turns(5)
    socket.resetAndDestroy()
    await turns(20)
    console.log(client.closed, client.lastError)
  // x
  // false null`,
  'an idle connection with unread lines of a batch is reset': `
    const { client, socket } = await meet()
    socket.write('1\\n2\\n3\\n4\\n5\\n')
    for (let i = 0; i < 4; i++) await client.readLine()
    socket.resetAndDestroy()
    await turns(20)
    console.log(await client.readLine())
    console.log(await client.readLine().catch((error) => error.code))
  // 5
  // ECONNRESET`,
  'a reset is found out by a write': `
    const { client, socket } = await meet()
    socket.resetAndDestroy()
    await turns(20)
    const codes = new Set()
    for (let i = 0; i < 3; i++) codes.add(await client.write('x').catch((error) => error.syscall))
    console.log([...codes])
  // [ 'write' ]`,
  'a connection is closed with reads waiting whose failures are looked at': `
    const { client } = await meet()
    const reads = [client.read(), client.readLine(), client.readExactly(9), client.expect('x')]
    const settled = Promise.allSettled(reads)
    await client.close()
    console.log((await settled).map(({ reason }) => reason.code).join())
  // ERR_CLOSED,ERR_CLOSED,ERR_CLOSED,ERR_CLOSED`,
  'requests fail on a reset connection': `
    const { client, socket } = await meet()
    socket.resetAndDestroy()
    await turns(20)
    const asked = [1, 2, 3].map(() => client.request('x', { line: true }))
    console.log((await Promise.allSettled(asked)).map(({ status }) => status).join())
  // rejected,rejected,rejected`,
  'requests fail on a closed connection': `
    const { client } = await meet()
    await client.close()
    const asked = [1, 2, 3].map(() => client.request('x', { size: 1, timeout: 5 }))
    console.log((await Promise.allSettled(asked)).map(({ reason }) => reason.code).join())
  // ERR_CLOSED,ERR_CLOSED,ERR_CLOSED`,
  'a request gives up, and its signal is aborted again later': `
    const { client } = await meet()
    const abort = new AbortController()
    const asked = client.request('x', { size: 1, signal: abort.signal, timeout: 5 })
    console.log(await asked.catch((error) => error.code))
    abort.abort()
    await turns(5)
  // ETIMEDOUT`,
  'a dial is refused, another aborted': `
    const { port } = await peer()
    const refused = await new Promise((resolve) => {
      const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address()
        server.close(() => resolve(port))
      })
    })
    console.log(await connect({ host: '127.0.0.1', port: refused }).catch((error) => error.code))
    console.log(await connect({ host: '127.0.0.1', port }, { signal: AbortSignal.abort() }).catch((error) => error.code))
    const abort = new AbortController()
    const dialling = connect({ host: '127.0.0.1', port }, { signal: abort.signal })
    abort.abort()
    console.log(await dialling.catch((error) => error.code))
    await turns(20)
  // ECONNREFUSED
  // ABORT_ERR
  // ABORT_ERR`,
  'a connection is dropped and collected': `
    await (async () => { await meet() })()
    for (let i = 0; i < 5; i++) { gc(); await turns(5) }
    console.log('alive')
  // alive`,
  'writes wait while the peer resets': `
    const { client, socket } = await meet()
    const writes = [1, 2].map(() => client.write(Buffer.alloc(64 << 20)))
    await turns(20)
    socket.resetAndDestroy()
    const settled = await Promise.allSettled(writes)
    console.log(settled.every(({ reason }) => /EPIPE|ECONNRESET/.test(reason.code) && reason.phase === 'write'))
    console.log(settled.map(({ reason }) => Number.isInteger(reason.bytesWritten)).join())
  // true
  // true,true`,
  'an iterator is left and the connection reset': `
    const { client, socket } = await meet()
    socket.write('1\\n2\\n')
    for await (const line of client.lines()) { console.log(line); break }
    socket.resetAndDestroy()
    await turns(20)
  // 1`
}

for (const [situation, text] of Object.entries(quiet)) {
  test(`no surprise when ${situation}`, async (t) => {
    const [body = '', ...expected] = text.split(/^ {2}\/\/ /m)
    t.deepEqual(await program(body, '--expose-gc'), printing(...expected.map((line) => line.trimEnd())))
  })
}
