// `startTls` whose handshake fails or is given up: nothing can be read or written after it, what waited is told so, and the
// process ends as it should. What may be trusted is the tests' of certificates.

import test from 'ava'
import { fails, outcome, within } from './helpers/failures'
import { everything, pair, received, turns } from './helpers/peer'
import { printing, program } from './helpers/programs'
import { secure, trust } from './helpers/secure'

type Socket = Awaited<ReturnType<typeof pair>>['socket']

test('plaintext that comes after the call is never read as data', async (t) => {
  const both = await pair(t)
  const { client, socket } = both
  const starting = client.startTls(trust())
  const reading = outcome(client.readLine())
  socket.write('injected\n')
  await fails(t, starting, { code: 'ERR_SSL_WRONG_VERSION_NUMBER', phase: 'tls' })
  t.is(await reading, 'ERR_INVALID_STATE')
  t.is(client.buffered, 0)
  t.is(await outcome(client.read()), 'ERR_INVALID_STATE')
})

const givingUp: Record<string, [how: object, abort: boolean, shape: object]> = {
  'a timeout': [{ timeout: 100 }, false, { name: 'TimeoutError', code: 'ETIMEDOUT' }],
  'an abort': [{}, true, { name: 'AbortError', code: 'ABORT_ERR', cause: 'why' }]
}

for (const [what, [how, aborts, shape]] of Object.entries(givingUp)) {
  test(`${what} in the middle of the handshake ends it, and with it the connection`, async (t) => {
    const { client, socket, port } = await pair(t)
    const abort = new AbortController()
    const starting = client.startTls({ ...trust(), ...how, signal: abort.signal })
    const meanwhile = [client.readLine(), client.write('what is not to be sent')].map(outcome)
    await turns(20)
    if (aborts) abort.abort('why')
    await fails(t, starting, { ...shape, phase: 'tls', address: '127.0.0.1', port })
    const later = [client.read(), client.write('x'), client.startTls(trust())].map(outcome)
    for (const call of [...meanwhile, ...later]) t.is(await call, 'ERR_INVALID_STATE')
    t.deepEqual([client.encrypted, client.tls, client.closed], [false, null, false])
    const all = everything(socket)
    await within(client.close())
    // A handshake that had begun, and nothing of the application.
    t.false((await within(all)).includes('what is not to be sent'))
    t.is(await outcome(client.read()), 'ERR_CLOSED')
  })
}

for (const how of ['close', 'destroy'] as const) {
  test(`${how} in the middle of the handshake fails it and the reads that wait for it`, async (t) => {
    const { client, port } = await pair(t)
    const starting = fails(t, client.startTls(trust()), { code: 'ERR_CLOSED', phase: 'tls', port })
    const reading = outcome(client.readLine())
    await turns(10)
    await within(Promise.resolve(client[how]()))
    await starting
    t.is(await reading, 'ERR_CLOSED')
    t.is(await outcome(client.startTls(trust())), 'ERR_CLOSED')
  })
}

test('close lets what was written during the handshake leave after it', async (t) => {
  const { client, socket } = await pair(t)
  const calls = Promise.all([client.startTls(trust()), client.write('last words'), client.close()])
  await turns(10)
  const all = everything(await within(secure(socket)))
  await within(calls)
  t.is(String(await within(all)), 'last words')
})

test('destroy drops what was written during the handshake', async (t) => {
  const { client } = await pair(t)
  const starting = outcome(client.startTls(trust()))
  const writing = fails(t, client.write('never'), { code: 'ERR_CLOSED', phase: 'write', bytesWritten: 0 })
  await turns(10)
  client.destroy()
  t.is(await starting, 'ERR_CLOSED')
  await writing
})

const answers: Record<string, [answer: (socket: Socket) => unknown, code: string]> = {
  'says something else': [(socket) => socket.write('500 what?\r\n'), 'ERR_SSL_WRONG_VERSION_NUMBER'],
  'ends the connection': [(socket) => socket.end(), 'ERR_TLS_TRUNCATED'],
  'resets the connection': [(socket) => socket.resetAndDestroy(), 'ECONNRESET']
}

for (const [what, [answer, code]] of Object.entries(answers)) {
  test(`a peer that ${what} in the handshake fails it and the connection, ${code}`, async (t) => {
    const { client, socket, port } = await pair(t)
    const starting = client.startTls(trust())
    const waiting = [client.readExactly(3), client.write('x')].map(outcome)
    // Once the client's first message has come.
    await received(socket, 1)
    answer(socket)
    await fails(t, starting, { name: 'TcpError', code, phase: 'tls', address: '127.0.0.1', port })
    const later = [client.read(), client.write('y')].map(outcome)
    for (const call of [...waiting, ...later]) t.is(await call, 'ERR_INVALID_STATE')
    t.false(client.encrypted)
    await within(client.close())
  })
}

const programs: Record<string, string> = {
  'only after a handshake timed out': `
    const { client } = await meet()
    client.startTls({ timeout: 300 }).catch((error) => console.log(error.code, error.phase))
  // ETIMEDOUT tls`,
  'only after a handshake failed': `
    const { client, socket } = await meet()
    client.startTls().catch((error) => console.log(error.code))
    setTimeout(() => socket.end(), 200).unref()
  // ERR_TLS_TRUNCATED`,
  'by itself after a handshake was aborted, with a read behind it': `
    const { client } = await meet()
    const abort = new AbortController()
    const starting = client.startTls({ signal: abort.signal })
    const reading = client.readLine().catch((error) => error.code)
    await turns(5)
    abort.abort()
    console.log(await starting.catch((error) => error.code), await reading)
  // ABORT_ERR ERR_INVALID_STATE`,
  'by itself after a handshake was destroyed': `
    const { client } = await meet()
    const starting = client.startTls()
    await turns(5)
    client.destroy()
    console.log(await starting.catch((error) => error.code))
  // ERR_CLOSED`,
  'by itself on an idle connection that was upgraded': `
    const { secure, trust } = require('./build/test/helpers/secure.js')
    const { client, socket } = await meet()
    const [secured] = await Promise.all([secure(socket), client.startTls(trust())])
    secured.unref()
    secured.write('line\\n')
    console.log(await client.readLine())
  // line`
}

for (const [when, text] of Object.entries(programs)) {
  test(`the process ends ${when}`, async (t) => {
    const [body = '', ...expected] = text.split(/^ {2}\/\/ /m)
    t.deepEqual(await program(body), printing(...expected.map((line) => line.trimEnd())))
  })
}
