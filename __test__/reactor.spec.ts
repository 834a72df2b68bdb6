// Which reactor a host gets; what both do is the whole suite's, which runs on each.

import test from 'ava'
import { hot } from '#src/mailbox'
import { reactorFor } from '#src/reactor'
import { printing, program } from './helpers/programs'
import { serve } from './helpers/workers'

const host = (TCPULL_REACTOR: string | undefined, versions: Record<string, string> = {}) =>
  reactorFor({ env: { TCPULL_REACTOR }, versions: { node: '20.0.0', uv: '1.51.0', ...versions } as never })

test('Node gets libuv where native code finds it, Bun and Deno tokio', (t) => {
  t.is(host(undefined), undefined)
  t.is(host(''), undefined)
  t.is(host(undefined, { bun: '1.3.0' }), 'tokio')
  t.is(host(undefined, { deno: '2.5.0' }), 'tokio')
})

test('TCPULL_REACTOR chooses on every host', (t) => {
  t.is(host('uv', { bun: '1.3.0' }), 'uv')
  t.is(host('tokio'), 'tokio')
  t.throws(() => host('epoll'), {
    instanceOf: RangeError,
    code: 'ERR_INVALID_ARG_VALUE',
    message: 'TCPULL_REACTOR must be "uv" or "tokio"; it is "epoll"'
  })
})

test('this run is on the reactor that was asked for', (t) => {
  t.is(hot.reactor, process.env['TCPULL_REACTOR'] || 'uv')
})

for (const name of ['uv', 'tokio']) {
  test(`a process asked to use ${name} talks, turns and ends`, async (t) => {
    const ended = await program(
      `
      process.env.TCPULL_REACTOR = '${name}'
      const { Worker } = require('node:worker_threads')
      const address = await peer((socket) => socket.pipe(socket))
      const talk = 'const { connect } = require("tcpull"); (async () => {' +
        'const client = await connect(' + JSON.stringify(address) + ');' +
        'client.writeLine("hello"); console.log(await client.readLine()); await client.close() })()'
      const [code] = await once(new Worker(talk, { eval: true }), 'exit')
      console.log(code)
      `
    )
    t.deepEqual(ended, printing('hello', '0'))
  })
}

test("a conversation goes on while a test's fake timers stand in for Node's", async (t) => {
  const port = await serve(t, (socket) => socket.pipe(socket))
  const ended = await program(
    `
    const timers = require('node:timers')
    const real = [process.nextTick, timers.setImmediate]
    const never = () => {}
    globalThis.setImmediate = timers.setImmediate = process.nextTick = never
    const client = await connect({ host: '127.0.0.1', port: ${port} })
    const answers = []
    for (const line of ['a', 'b']) {
      await sleep(1)
      client.writeLine(line)
      answers.push(await client.readLine())
    }
    client.destroy()
    ;[process.nextTick, timers.setImmediate] = real
    console.log(answers.join())
    `
  )
  t.deepEqual(ended, printing('a,b'))
})
