// Conversations over TLS with servers that others wrote, in the protocols that people use them for: HTTP with nginx, which has
// TLS from the start; PostgreSQL's and SMTP's, which begin in the clear and go on in TLS. Knows nothing of handshakes.

import test from 'ava'
import { connect, type LookupFunction, type TcpClient } from 'tcpull'
import { dial, trusting } from './helpers/dialling'
import { fails } from './helpers/failures'
import { listen, portOf } from './helpers/peer'
import { withServer } from './helpers/real-tests'
import type { Started } from './helpers/servers'

const http = 'nginx over TLS'

/** One answer of HTTP/1.1, which says how long it is. */
async function answer(client: TcpClient): Promise<{ head: string; body: Buffer }> {
  const head = String(await client.readUntil('\r\n\r\n', { maxSize: 8192 }))
  return { head, body: await client.readExactly(Number(head.match(/Content-Length: (\d+)/i)?.[1])) }
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`

withServer(http, 'a page comes from an address of tls://', async (t, { host, port }) => {
  const lookup: LookupFunction = (_name, _options, callback) => callback(null, host, 4)
  const client = await connect(`tls://www.name.test:${port}`, { timeout: 0, lookup, tls: trusting() })
  t.true(client.encrypted)
  t.true(client.timings.tls !== null)
  await client.write(get('/'))
  const { head, body } = await answer(client)
  t.regex(head, /^HTTP\/1.1 200 OK\r\n/)
  t.is(String(body), '<h1>A page</h1>\n')
  await client.close()
})

withServer(http, '100 pages asked for at once come in order on one connection', async (t, server) => {
  const client = await dial(server)
  await client.write(Array.from({ length: 100 }, (_, number) => get(number % 3 ? '/' : `/missing-${number}`)).join(''))
  for (let number = 0; number < 100; number++) {
    const { head, body } = await answer(client)
    t.regex(head, number % 3 ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 404 /)
    t.regex(String(body), number % 3 ? /^<h1>A page<\/h1>\n$/ : /404 Not Found/)
  }
  t.is(client.buffered, 0)
  await client.close()
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  withServer(http, `3 MB come whole in ${version}`, async (t, server) => {
    const client = await dial(server, { maxVersion: version })
    t.is(client.tls?.protocol, version)
    for (let time = 0; time < 2; time++) {
      await client.write(get('/large.bin'))
      const { body } = await answer(client)
      t.true(body.equals(Buffer.alloc(3_000_000, 'x')))
    }
    await client.close()
  })

  withServer(http, `the server's close is the end of the stream in ${version}`, async (t, server) => {
    const client = await dial(server, { maxVersion: version })
    await client.write(get('/index.html', 'Connection: close\r\n'))
    const { head } = await answer(client)
    t.regex(head, /Connection: close/)
    t.is(await client.read(), null)
    await client.close()
  })

  withServer(http, `a session goes on in ${version}`, async (t, server) => {
    // A name that no other test asks for: sessions are remembered by name.
    const servername = `${version.replace('.', '-')}.name.test`
    const resumed: unknown[] = []
    for (let time = 0; time < 3; time++) {
      const client = await dial(server, { maxVersion: version, servername })
      await client.write(get('/', 'Connection: close\r\n'))
      t.is(String((await answer(client)).body), '<h1>A page</h1>\n')
      t.is(await client.read(), null)
      resumed.push(client.tls?.resumed)
      await client.close()
    }
    t.deepEqual(resumed, [false, true, true])
  })
}

withServer(http, 'the protocol is agreed on', async (t, server) => {
  const client = await dial(server, { ALPNProtocols: ['h2', 'http/1.1'] })
  t.is(client.tls?.alpn, 'http/1.1')
  await client.write(get('/'))
  t.is(String((await answer(client)).body), '<h1>A page</h1>\n')
  await client.close()
})

withServer(http, 'a request in the clear is answered in the clear', async (t, { host, port }) => {
  const client = await connect({ host, port })
  await client.write(get('/'))
  t.regex(String(await client.readAll()), /The plain HTTP request was sent to HTTPS port/)
  await client.close()
})

withServer('nginx', 'a server without TLS is told apart', async (t, server) => {
  await fails(t, dial(server), { code: 'ERR_SSL_WRONG_VERSION_NUMBER', phase: 'tls' })
})

// https://www.postgresql.org/docs/current/protocol-message-formats.html
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const TERMINATE = Buffer.from([...Buffer.from('X'), 0, 0, 0, 4])

interface Message {
  type: string
  body: Buffer
}

/** The length counts itself. */
async function message(client: TcpClient): Promise<Message> {
  const head = await client.readExactly(5)
  return { type: head.toString('latin1', 0, 1), body: await client.readExactly(head.readUInt32BE(1) - 4) }
}

function sized(type: string, body: string): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), size, Buffer.from(body)])
}

/** Messages up to the one that says that the server is ready for a query, without what it tells about itself. */
async function answers(client: TcpClient): Promise<Message[]> {
  const list: Message[] = []
  for (;;) {
    const next = await message(client)
    if (next.type === 'Z') return list
    if (next.type === 'E') throw new Error(next.body.toString())
    if (!'SKN'.includes(next.type)) list.push(next)
  }
}

/** Logs in, over TLS from the first word on that says anything. */
async function database(server: Started): Promise<TcpClient> {
  const { host, port } = server
  const client = await connect({ host, port })
  await client.write(SSL_REQUEST)
  if (String(await client.readExactly(1)) !== 'S') throw new Error('the server has no TLS')
  await client.startTls({ timeout: 0, ...trusting() })
  await client.write(sized('', '\0\x03\0\0user\0tester\0database\0postgres\0\0'))
  const welcome = await answers(client)
  if (welcome.map(({ type }) => type).join('') !== 'R') throw new Error('the server wants a password')
  return client
}

/** The one row of a query, as text. */
async function row(client: TcpClient, query: string): Promise<string[]> {
  await client.write(sized('Q', `${query}\0`))
  const [, data] = await answers(client)
  const body = data?.body ?? Buffer.alloc(2)
  const columns: string[] = []
  for (let left = body.readUInt16BE(0), at = 2; left > 0; left--) {
    const size = body.readUInt32BE(at)
    columns.push(body.toString('latin1', at + 4, at + 4 + size))
    at += 4 + size
  }
  return columns
}

withServer('postgres', 'a query is answered in TLS, which both ends describe alike', async (t, server) => {
  const client = await database(server)
  t.true(client.encrypted)
  t.deepEqual(await row(client, 'SELECT 1'), ['1'])
  const own = 'SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
  t.deepEqual(await row(client, own), ['t', client.tls?.protocol, client.tls?.cipher])
  await client.close()
})

withServer('postgres', 'megabytes go both ways', async (t, server) => {
  const client = await database(server)
  const [given, got] = ['question '.repeat(300_000), 'answer '.repeat(400_000)]
  t.deepEqual(await row(client, `SELECT length('${given}'), md5('${given}') = md5(repeat('question ', 300000))`), [
    `${given.length}`,
    't'
  ])
  t.true((await row(client, "SELECT repeat('answer ', 400000)"))[0] === got)
  await client.close()
})

withServer('postgres', 'many queries are answered one after the other', async (t, server) => {
  const client = await database(server)
  for (let number = 0; number < 300; number++)
    t.deepEqual(await row(client, `SELECT ${number}, 'x'`), [`${number}`, 'x'])
  await client.close()
})

withServer('postgres', 'its farewell is a clean end', async (t, server) => {
  const client = await database(server)
  await client.write(TERMINATE)
  t.is(await client.read(), null)
  await client.close()
})

withServer(
  'postgres',
  'a certificate for another name is refused, and nothing can be sent after that',
  async (t, server) => {
    const { host, port } = server
    const client = await connect({ host, port })
    t.is(String(await client.request(SSL_REQUEST, { size: 1 })), 'S')
    const starting = client.startTls({ timeout: 0, ...trusting({ servername: 'other.test' }) })
    await fails(t, starting, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', phase: 'tls' })
    t.false(client.encrypted)
    await t.throwsAsync(client.write(sized('', '\0\x03\0\0user\0tester\0\0')), { code: 'ERR_INVALID_STATE' })
    client.destroy()
  }
)

test('postgres: what somebody on the way has put behind the consent is not taken for an answer in TLS', async (t) => {
  const server = await listen(t, (socket) =>
    socket.once('data', () => socket.end('SThe answer to the first query')).resume()
  )
  const client = await connect({ host: '127.0.0.1', port: portOf(server) })
  t.is(String(await client.request(SSL_REQUEST, { size: 1 })), 'S')
  await fails(t, client.startTls({ rejectUnauthorized: false }), { code: 'ERR_PLAINTEXT_BUFFERED' })
  t.false(client.encrypted)
  client.destroy()
})

/** An answer of SMTP: lines whose codes are followed by a hyphen, up to the last one (RFC 5321 4.2.1). */
async function reply(client: TcpClient, command?: string): Promise<string[]> {
  if (command !== undefined) await client.write(`${command}\r\n`)
  const lines: string[] = []
  for await (const line of client.lines()) {
    lines.push(line)
    if (line[3] !== '-') break
  }
  return lines
}

const codeOf = (lines: string[]) => Number(lines.at(-1)?.slice(0, 3))

withServer('smtp', 'a message is delivered in TLS after STARTTLS', async (t, server) => {
  const { host, port } = server
  const client = await connect({ host, port })
  t.is(codeOf(await reply(client)), 220)
  t.true((await reply(client, 'EHLO client.test')).some((line) => /^250.STARTTLS$/.test(line)))
  t.is(codeOf(await reply(client, 'MAIL FROM:<a@client.test>')), 530)
  t.is(codeOf(await reply(client, 'STARTTLS')), 220)
  t.false(client.encrypted)
  await client.startTls({ timeout: 0, ...trusting() })
  t.true(client.encrypted)
  // What was said in the clear is forgotten, and what was offered has to be asked for again (RFC 3207 4.2).
  t.is(codeOf(await reply(client, 'MAIL FROM:<a@client.test>')), 503)
  t.false((await reply(client, 'EHLO client.test')).some((line) => /STARTTLS/.test(line)))
  t.is(codeOf(await reply(client, 'MAIL FROM:<a@client.test>')), 250)
  t.is(codeOf(await reply(client, 'RCPT TO:<b@server.test>')), 250)
  t.is(codeOf(await reply(client, 'DATA')), 354)
  const body = Array.from({ length: 20_000 }, (_, number) => `Line ${number}`)
  const message = ['Subject: A message', '', ...body, '..a line with a dot', '.'].join('\r\n')
  t.is(codeOf(await reply(client, message)), 250)
  t.is(codeOf(await reply(client, 'QUIT')), 221)
  t.is(await client.read(), null)
  await client.close()
  const [, printed = ''] = await server.process.prints(/^Subject: A message\n([\s\S]*)^\.a line with a dot$/m)
  t.deepEqual(printed.match(/^Line \d+$/gm), body)
})
