// Rule 9: the process may end; only a pending operation keeps it alive.

import test from 'ava'
import { printing, program } from './helpers/programs'

const ends: Record<string, string> = {
  'by itself with an idle connection': `
    await meet()
    console.log('idle')
  // idle`,
  'by itself with a connection that was read and written': `
    const { client, socket } = await meet()
    socket.pipe(socket)
    console.log(await client.request('hello\\n', { line: true }))
  // hello`,
  'by itself with unread data': `
    const { client, socket } = await meet()
    socket.write('1\\n2\\n3\\n')
    console.log(await client.readLine())
  // 1`,
  'by itself after a read timed out': `
    const { client } = await meet()
    console.log(await client.readLine({ timeout: 5 }).catch((error) => error.code))
  // ETIMEDOUT`,
  'by itself after a read was aborted': `
    const { client } = await meet()
    const abort = new AbortController()
    const reading = client.readLine({ signal: abort.signal })
    abort.abort()
    console.log(await reading.catch((error) => error.code))
  // ABORT_ERR`,
  'only after a pending read was answered': `
    const { client, socket } = await meet()
    client.readLine().then((line) => console.log(line))
    setTimeout(() => socket.write('late\\n'), 200).unref()
    process.on('exit', () => console.log('exit'))
  // late
  // exit`,
  'only after a pending read timed out': `
    const { client } = await meet()
    client.readExactly(9, { timeout: 200 }).catch((error) => console.log(error.code))
    process.on('exit', () => console.log('exit'))
  // ETIMEDOUT
  // exit`,
  'only after each of several pending reads was answered': `
    const { client, socket } = await meet()
    for (const size of [1, 2, 3]) client.readExactly(size).then((bytes) => console.log(String(bytes)))
    setTimeout(() => socket.write('122'), 50).unref()
    setTimeout(() => socket.write('333'), 200).unref()
  // 1
  // 22
  // 333`,
  'only after a pending dial ended': `
    const address = await peer()
    connect(address).then((client) => console.log(client.remotePort === address.port))
  // true`,
  'by itself after a look-up was aborted': `
    const abort = new AbortController()
    const address = { host: 'silent.invalid', port: 1 }
    const dialling = connect(address, { signal: abort.signal, timeout: 600_000, lookup: () => {} })
    abort.abort()
    console.log(await dialling.catch((error) => error.code))
  // ABORT_ERR`,
  'by itself after a dial was aborted': `
    const abort = new AbortController()
    const dialling = connect(await peer(), { signal: abort.signal })
    abort.abort()
    console.log(await dialling.catch((error) => error.code))
  // ABORT_ERR`,
  'only after a dial timed out': `
    connect({ host: 'silent.invalid', port: 1 }, { timeout: 200, lookup: () => {} })
      .catch((error) => console.log(error.code, error.phase))
  // ETIMEDOUT lookup`,
  'only after a pending write has left': `
    const { client, socket } = await meet()
    client.write(Buffer.alloc(64 << 20)).then(() => console.log('written'))
    setTimeout(() => socket.resume(), 200).unref()
  // written`,
  'only after a pending write timed out': `
    const { client, socket } = await meet()
    client.write(Buffer.alloc(64 << 20), { timeout: 200 }).catch((error) => console.log(error.code))
  // ETIMEDOUT`,
  'only after a pending close has let everything leave': `
    const { client, socket } = await meet()
    const written = client.write(Buffer.alloc(64 << 20))
    Promise.all([written, client.close()]).then(() => console.log('written and closed'))
    setTimeout(() => socket.resume(), 200).unref()
  // written and closed`,
  'by itself after close': `
    const { client } = await meet()
    await client.close()
    console.log('closed')
  // closed`,
  'by itself after destroy': `
    const { client } = await meet()
    const reading = client.read().catch((error) => console.log(error.code))
    client.destroy()
    await reading
  // ERR_CLOSED`,
  'by itself after the peer has ended, with the end unread': `
    const { client, socket } = await meet()
    socket.end()
    console.log('ended')
  // ended`,
  'by itself after a whole exchange': `
    const address = await peer((socket) => socket.pipe(socket))
    console.log(await processRequest(address, 'ping\\n', { encoding: 'utf8' }).then((line) => line.trim()))
  // ping`,
  'by itself when the module is only loaded': `
    console.log(typeof connect)
  // function`
}

for (const [when, text] of Object.entries(ends)) {
  test(`the process ends ${when}`, async (t) => {
    const [body = '', ...expected] = text.split(/^ {2}\/\/ /m)
    t.deepEqual(await program(body), printing(...expected.map((line) => line.trimEnd())))
  })
}

test('process.exit ends at once whatever is pending', async (t) => {
  const body = `
    const { client, socket } = await meet()
    client.read()
    client.write(Buffer.alloc(64 << 20))
    connect({ host: 'silent.invalid', port: 1 }, { lookup: () => {} })
    await turns(5)
    process.exit(7)`
  t.deepEqual(await program(body), { ...printing(), code: 7 })
})
