// What a connection through a proxy means for its process and its thread: no more than any other. Judged by how they end.

import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { root as authority } from './helpers/authorities'
import { within } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import { printing, program } from './helpers/programs'
import { root } from './helpers/project'
import { PROXY_HOST, proxyOf } from './helpers/scripted-proxies'

// The proxies play in the program's own process, which they do not keep alive.
const prelude = `
  const { openProxy, PROXY_HOST, proxyTls } = require(${JSON.stringify(join(root, 'build', 'test', 'helpers', 'scripted-proxies'))})
  const { site } = require(${JSON.stringify(join(root, 'build', 'test', 'helpers', 'authorities'))})
  const { dns } = require(${JSON.stringify(join(root, 'build', 'test', 'helpers', 'certificates'))})
  const lookup = (name, options, callback) => callback(null, '127.0.0.1', 4)
  const certificate = site({ names: [dns(PROXY_HOST)] })
  const through = async (script = {}) => {
    const [first, second] = [await openProxy('socks5'), await openProxy('http', { certificate, ...script })]
    const secure = { protocol: 'https', host: PROXY_HOST, port: second.port, tls: proxyTls() }
    return { lookup, proxy: ['socks5h://127.0.0.1:' + first.port, secure] }
  }`

const ends: Record<string, string> = {
  'by itself with an idle connection': `
    const client = await connect(await peer(), await through())
    console.log('idle', client.encrypted)
  // idle false`,
  'by itself with a connection that was used': `
    const client = await connect(await peer((socket) => socket.pipe(socket)), await through())
    console.log(await client.request('hello\\n', { line: true }))
  // hello`,
  'only after a pending read was answered': `
    const client = await connect(await peer((socket) => setTimeout(() => socket.write('late\\n'), 200).unref()), await through())
    client.readLine().then((line) => console.log(line))
    process.on('exit', () => console.log('exit'))
  // late
  // exit`,
  'only after a dial through a silent proxy timed out': `
    const options = await through({ answer: () => {} })
    connect(await peer(), { ...options, timeout: 200 }).catch((error) => console.log(error.code, error.phase))
    process.on('exit', () => console.log('exit'))
  // ETIMEDOUT proxy
  // exit`,
  'by itself after a dial through a silent proxy was aborted': `
    const abort = new AbortController()
    const options = await through({ answer: () => abort.abort() })
    console.log(await connect(await peer(), { ...options, signal: abort.signal }).catch((error) => error.code))
  // ABORT_ERR`,
  'by itself after a proxy refused': `
    const options = await through({ lookUp: () => undefined })
    console.log(await connect('nowhere.invalid:1', options).catch((error) => error.code))
  // ERR_PROXY_REFUSED`
}

for (const [when, text] of Object.entries(ends)) {
  test(`the process ends ${when} through proxies`, async (t) => {
    const [body = '', ...expected] = text.split(/^ {2}\/\/ /m)
    t.deepEqual(await program(prelude + body), printing(...expected.map((line) => line.trimEnd())))
  })
}

/** Connects through a proxy in a thread of its own, tells what it reads, and lives no longer than it has to. */
const WORKER = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { connect } = require('tcpull')
  const { address, proxy, ca } = workerData
  const lookup = (name, options, callback) => callback(null, '127.0.0.1', 4)
  connect(address, { lookup, timeout: 0, proxy: { ...proxy, tls: { ca, caOnly: true } } })
    .then(async (client) => parentPort.postMessage(await client.request('hello\\n', { line: true })))`

test('a worker ends by itself with an idle connection through a proxy', async (t) => {
  const proxy = await proxyOf(t, 'https')
  const port = portOf(await listen(t, (socket) => socket.pipe(socket)))
  const workerData = { address: { host: 'name.test', port }, proxy: proxy.option, ca: authority().pem }
  const workers = Array.from({ length: 4 }, () => new Worker(WORKER, { eval: true, workerData }))
  const said = workers.map((worker) => once(worker, 'message'))
  const ended = workers.map((worker) => once(worker, 'exit'))
  t.deepEqual(await within(Promise.all(said)), Array(4).fill(['hello']))
  t.deepEqual(await within(Promise.all(ended)), Array(4).fill([0]))
  await proxy.settled()
  t.deepEqual(proxy.seen.asked, Array(4).fill({ host: 'name.test', port, as: 'name' }))
})

test('a worker is terminated while it waits for a proxy, and leaves nothing open', async (t) => {
  let asked: () => void = () => {}
  const proxy = await proxyOf(t, 'https', { serve: () => {}, answer: () => asked() })
  const workerData = { address: { host: PROXY_HOST, port: 7 }, proxy: proxy.option, ca: authority().pem }
  for (let count = 0; count < 3; count++) {
    const waiting = new Promise<void>((resolve) => {
      asked = resolve
    })
    const worker = new Worker(WORKER, { eval: true, workerData })
    await within(waiting)
    t.is(await within(worker.terminate()), 1)
    await proxy.settled()
  }
})
