// Connections through one proxy of every protocol, which keeps to it: what the client knows of them, and that they are as good as
// any other. Knows nothing of names, of chains and of proxies that lie.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type LookupFunction, processRequest, type TcpClient } from 'tcpull'
import { root, site } from './helpers/authorities'
import { dns, ip } from './helpers/certificates'
import { fails, within } from './helpers/failures'
import { everything, listen, portOf, received } from './helpers/peer'
import { PROXY_HOST, type Proxied, protocolNames, protocols, proxyOf } from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'
import { tlsPeer } from './helpers/tls-peers'

/** Many tests run at once: nothing here may depend on the time. */
const timeout = 0
const lookup = toLoopback
const tls = () => ({ ca: root().pem, caOnly: true })
const own = site()

/** Where no server of the tests listens: a port that was free a moment ago may be another test's by now. */
const NOBODY = '127.0.0.9'
const toNobody: LookupFunction = (name, _options, callback) =>
  callback(null, name === PROXY_HOST ? '127.0.0.1' : NOBODY, 4)

async function open(
  t: ExecutionContext,
  { option }: Proxied,
  port: number,
  options: ConnectOptions & { host?: string } = {}
): Promise<TcpClient> {
  const { host = 'name.test', ...more } = options
  const client = await within(connect({ host, port }, { lookup, timeout, proxy: option, ...more }))
  t.teardown(() => client.destroy())
  return client
}

/** Speaks first, then sends back what it gets. */
function greet(socket: Socket): void {
  socket.write('hello\n')
  socket.pipe(socket)
}

for (const protocol of protocolNames) {
  const { takesNames, secure } = protocols[protocol]

  test(`through ${protocol}: a plain target that speaks first`, async (t) => {
    const port = portOf(await listen(t, greet))
    const proxy = await proxyOf(t, protocol)
    const client = await open(t, proxy, port)
    t.is(await within(client.readLine()), 'hello')
    t.is(await within(client.request('ping\n', { line: true })), 'ping')
    const asked = takesNames ? { host: 'name.test', as: 'name' } : { host: '127.0.0.1', as: 'IPv4' }
    t.deepEqual(proxy.seen.asked, [{ ...asked, port }])
    t.deepEqual([proxy.seen.connections, proxy.seen.logins.length, proxy.seen.bytes], [1, 0, 5])
  })

  test(`through ${protocol}: what the client knows of a plain connection`, async (t) => {
    const port = portOf(await listen(t, greet))
    const proxy = await proxyOf(t, protocol)
    const client = await open(t, proxy, port)
    t.deepEqual([client.remoteAddress, client.remotePort], ['127.0.0.1', proxy.port])
    t.deepEqual(
      client.attempts.map((attempt) => [attempt.port, attempt.outcome]),
      [[proxy.port, 'won']]
    )
    // TLS to a proxy is not TLS to the target.
    t.deepEqual([client.encrypted, client.tls, client.timings.tls], [false, null, null])
    t.true((client.timings.proxy as number) > 0)
    t.true(client.timings.connect >= 0)
    t.deepEqual([client.bytesWritten, await within(client.readLine()), client.bytesRead], [0, 'hello', 6])
  })

  test(`through ${protocol}: a target over TLS`, async (t) => {
    const { port, seen } = await tlsPeer(t, { cert: own.pem, key: own.key })
    const client = await open(t, await proxyOf(t, protocol), port, { tls: tls() })
    t.is(await within(client.request('secret\n', { line: true })), 'secret')
    t.true(client.encrypted)
    t.deepEqual(
      client.tls?.certificates.map(({ raw }) => raw),
      [own.raw]
    )
    t.true((client.timings.tls as number) > 0 && (client.timings.proxy as number) > 0)
    t.deepEqual(seen, { connections: 1, handshakes: 1, bytes: 7 })
  })

  test(`through ${protocol}: a target that comes to TLS by startTls, behind its greeting`, async (t) => {
    const server = await listen(t, async (socket) => {
      socket.write('220 ready\n')
      await received(socket, 9)
      socket.write('220 go\n')
      const secured = new TLSSocket(socket, { isServer: true, cert: own.pem, key: own.key })
      secured.on('error', () => {}).pipe(secured)
    })
    const client = await open(t, await proxyOf(t, protocol), portOf(server))
    t.is(await within(client.readLine()), '220 ready')
    t.is(await within(client.request('STARTTLS\n', { line: true })), '220 go')
    // The name is that of the target, in what the proxy does not see.
    await within(client.startTls({ ...tls(), timeout }))
    t.true(client.encrypted)
    t.is(await within(client.request('secret\n', { line: true })), 'secret')
  })

  test(`through ${protocol}: the proxy's answer and the target's greeting in one segment`, async (t) => {
    const greeting = 'hello\n'.repeat(20_000)
    const serve = () => {}
    const proxy = await proxyOf(t, protocol, {
      serve,
      answer: ({ stage, bytes, stream }) =>
        stage === 'connect' ? stream.end(Buffer.concat([bytes, Buffer.from(greeting)])) : stream.write(bytes)
    })
    const client = await open(t, proxy, 1)
    t.is(String(await within(client.readAll())), greeting)
  })

  test(`through ${protocol}: the first bytes of a target go before its TLS`, async (t) => {
    // A server of TLS does not speak first, but what comes early has to be the beginning of its part.
    const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40])
    const proxy = await proxyOf(t, protocol, {
      serve: () => {},
      answer: ({ stage, bytes, stream }) => stream.write(stage === 'connect' ? Buffer.concat([bytes, alert]) : bytes)
    })
    const dialling = open(t, proxy, 1, { tls: tls() })
    await fails(t, dialling, { code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', phase: 'tls', proxy: undefined })
  })

  test(`through ${protocol}: the client's end, then the target's`, async (t) => {
    const server = await listen(t, async (socket) => {
      const { length } = await everything(socket)
      socket.end(`${length} bytes`)
    })
    const client = await open(t, await proxyOf(t, protocol), portOf(server))
    await within(client.write(Buffer.alloc(1_000_000)))
    await within(client.end())
    t.is(String(await within(client.readAll())), '1000000 bytes')
    await within(client.close())
    t.true(client.closed)
  })

  test(`through ${protocol}: the client's end over TLS, then the target's`, async (t) => {
    const server = await listen(t, (socket) => {
      const options = { isServer: true, cert: own.pem, key: own.key, allowHalfOpen: true }
      const secured = new TLSSocket(socket, options)
      let length = 0
      secured.on('data', (chunk) => {
        length += chunk.length
      })
      secured.on('end', () => secured.end(`${length} bytes`))
    })
    const client = await open(t, await proxyOf(t, protocol), portOf(server), { tls: tls() })
    await within(client.write(Buffer.alloc(1_000_000)))
    await within(client.end())
    t.is(String(await within(client.readAll())), '1000000 bytes')
    await within(client.close())
  })

  test(`through ${protocol}: close lets everything leave, and ends the connection to the proxy`, async (t) => {
    let all: Promise<Buffer> | undefined
    const server = await listen(t, (socket) => {
      all = everything(socket).then((bytes) => {
        socket.end()
        return bytes
      })
    })
    const proxy = await proxyOf(t, protocol)
    const client = await open(t, proxy, portOf(server))
    client.write(Buffer.alloc(500_000, 'x'))
    await within(client.close())
    await proxy.settled()
    t.is((await within(all as Promise<Buffer>)).length, 500_000)
  })

  test(`through ${protocol}: a client that is destroyed leaves nothing open`, async (t) => {
    const proxy = await proxyOf(t, protocol)
    const client = await open(t, proxy, portOf(await listen(t, greet)))
    const reading = client.readExactly(100)
    client.destroy()
    await fails(t, reading, { code: 'ERR_CLOSED' })
    await proxy.settled()
  })

  test(`through ${protocol}: processRequest, plain and over TLS`, async (t) => {
    const proxy = await proxyOf(t, protocol)
    const options = { proxy: proxy.option, lookup, timeout, encoding: 'utf8' } as const
    const plain = portOf(await listen(t, (socket) => socket.pipe(socket)))
    t.is(await within(processRequest({ host: 'name.test', port: plain }, 'ping\n', options)), 'ping\n')
    const { port } = await tlsPeer(t, { cert: own.pem, key: own.key })
    t.is(await within(processRequest(`tls://name.test:${port}`, 'ping\n', { ...options, tls: tls() })), 'ping\n')
    await proxy.settled()
    t.deepEqual([proxy.seen.connections, proxy.seen.asked.length, proxy.seen.bytes > 10], [2, 2, true])
  })

  test(`through ${protocol}: the target of TLS is checked by its own name`, async (t) => {
    const proxy = await proxyOf(t, protocol)
    const wrong = [dns(PROXY_HOST), ip('127.0.0.1'), dns('127.0.0.1')]
    for (const name of wrong) {
      const { pem, key } = site({ names: [name] })
      const { port, seen, settled } = await tlsPeer(t, { cert: pem, key })
      const shape = { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls', address: 'name.test', port, proxy: undefined }
      await fails(t, open(t, proxy, port, { tls: tls() }), shape)
      const client = await open(t, proxy, port)
      await fails(t, client.startTls({ ...tls(), timeout }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls' })
      client.destroy()
      await settled()
      t.deepEqual([seen.handshakes, seen.bytes], [0, 0])
    }
  })

  test(`through ${protocol}: a target that refuses`, async (t) => {
    const proxy = await proxyOf(t, protocol, { lookUp: () => NOBODY })
    const port = 9
    const error = await fails(t, open(t, proxy, port, { lookup: toNobody }), {
      name: 'TcpError',
      code: 'ERR_PROXY_REFUSED',
      phase: 'proxy',
      address: 'name.test',
      port
    })
    const reply = { http: 502, socks4: 91, socks5: 5 }[protocols[protocol].speech]
    // SOCKS4 has one number for all.
    const refusedBy = reply === 91 ? 'proxy' : 'target'
    t.deepEqual(error.proxy, { url: `${protocol}://${PROXY_HOST}:${proxy.port}`, hop: 0, reply, refusedBy })
    t.is(error.attempts?.[0]?.outcome, 'won')
    await proxy.settled()
    t.deepEqual([proxy.seen.connections, proxy.seen.bytes], [1, 0])
  })

  test(`through ${protocol}: a proxy that nobody listens for`, async (t) => {
    const port = 9
    const option = { protocol, host: 'silent.test', port }
    const dialling = connect('name.test:1', { lookup: toNobody, timeout, proxy: option })
    const error = await fails(t, dialling, { code: 'ECONNREFUSED', phase: 'proxy', syscall: 'connect' })
    t.deepEqual(error.proxy, { url: `${protocol}://silent.test:${port}`, hop: 0 })
    t.deepEqual(
      error.attempts?.map(({ outcome }) => outcome),
      ['failed']
    )
  })

  if (secure) {
    test(`through ${protocol}: the proxy's own certificate is checked, by its own name and options`, async (t) => {
      const names = [dns('name.test'), ip('127.0.0.1')]
      const strange = site({ subject: PROXY_HOST, names })
      const login = ['canary', 'sesame'] as const
      const proxy = await proxyOf(t, protocol, {
        certificate: strange,
        ...(protocol.startsWith('socks4') ? {} : { login })
      })
      // The target's options say nothing of the proxy.
      const trusting = { ca: strange.pem, rejectUnauthorized: false }
      for (const [more, code] of [
        [{ tls: proxy.option.tls }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
        [{ tls: undefined }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
        [{ tls: { pin: 'ab'.repeat(32) } }, 'ERR_TLS_PIN_MISMATCH']
      ] as const) {
        const error = await fails(
          t,
          open(t, { ...proxy, option: { ...proxy.option, ...more } }, 1, { tls: trusting }),
          {
            code,
            phase: 'proxy'
          }
        )
        t.deepEqual(error.cert?.raw, strange.raw)
        t.deepEqual(error.proxy, { url: `${protocol}://${PROXY_HOST}:${proxy.port}`, hop: 0 })
      }
      await proxy.settled()
      t.deepEqual(proxy.seen, { connections: 3, logins: [], asked: [], bytes: 0 })
    })
  }
}
