// Conversations with servers that others wrote: Redis, memcached and nginx. Skipped where they are not installed; in CI that
// is a failure.

import { connect, processRequest, type TcpClient } from 'tcpull'
import { withServer } from './helpers/real-tests'

type Reply = string | number | Buffer | null | Reply[]

/** A Redis command in RESP (redis.io/docs/latest/develop/reference/protocol-spec). */
function command(...words: (string | Buffer)[]): Buffer {
  const parts = words.map((word) => {
    const bytes = Buffer.from(word as string)
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')])
  })
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts])
}

/** One RESP reply: lines for what is short, exact sizes for what is binary. */
async function reply(client: TcpClient): Promise<Reply> {
  const line = await client.readLine()
  const [kind, rest] = [line?.[0], line?.slice(1) ?? '']
  if (kind === '+' || kind === '-') return rest
  if (kind === ':') return Number(rest)
  if (kind === '$') {
    if (rest === '-1') return null
    const bulk = await client.readExactly(Number(rest))
    await client.readExactly(2)
    return bulk
  }
  if (kind === '*') {
    const list: Reply[] = []
    for (let index = 0; index < Number(rest); index++) list.push(await reply(client))
    return list
  }
  throw new Error(`not a reply: ${line}`)
}

withServer('redis', 'replies of every kind come by lines and exact sizes', async (t, server) => {
  const client = await connect(server)
  const binary = Buffer.from(Array.from({ length: 5000 }, (_, index) => [13, 10, index & 255][index % 3] as number))
  const conversation: [Buffer, Reply][] = [
    [command('PING'), 'PONG'],
    [command('SET', 'binary', binary), 'OK'],
    [command('GET', 'binary'), binary],
    [command('GET', 'nothing'), null],
    [command('RPUSH', 'list', 'a', '', 'ä\r\n'), 3],
    [command('LRANGE', 'list', '0', '-1'), [Buffer.from('a'), Buffer.alloc(0), Buffer.from('ä\r\n')]]
  ]
  for (const [asked, expected] of conversation) {
    await client.write(asked)
    t.deepEqual(await reply(client), expected)
  }
  await client.write(command('LPOP', 'binary'))
  t.regex(String(await reply(client)), /^WRONGTYPE/)
  await client.close()
})

withServer('redis', '1,000 pipelined requests are answered in order', async (t, server) => {
  const client = await connect(server)
  const answers = await Promise.all(
    Array.from({ length: 1000 }, () => client.request(command('INCR', 'pipelined'), { line: true }))
  )
  t.deepEqual(
    answers,
    Array.from({ length: 1000 }, (_, index) => `:${index + 1}`)
  )
  await client.close()
})

withServer('redis', 'a blocking command that times out loses no byte of its reply', async (t, server) => {
  const [waiting, pushing] = await Promise.all([connect(server), connect(server)])
  await waiting.write(command('BLPOP', 'queue', '0'))
  await t.throwsAsync(waiting.readLine({ timeout: 20 }), { code: 'ETIMEDOUT' })
  t.is(await pushing.request(command('RPUSH', 'queue', 'job'), { line: true }), ':1')
  t.deepEqual(await reply(waiting), [Buffer.from('queue'), Buffer.from('job')])
  await Promise.all([waiting.close(), pushing.close()])
})

withServer('redis', 'a published megabyte reaches a subscriber whole', async (t, server) => {
  const [subscriber, publisher] = await Promise.all([connect(server), connect(server)])
  await subscriber.write(command('SUBSCRIBE', 'news'))
  t.deepEqual(await reply(subscriber), [Buffer.from('subscribe'), Buffer.from('news'), 1])
  const news = Buffer.alloc(1 << 20, 'news\r\n')
  t.is(await publisher.request(command('PUBLISH', 'news', news), { line: true }), ':1')
  const [kind, channel, message] = (await reply(subscriber)) as Buffer[]
  t.deepEqual([String(kind), String(channel)], ['message', 'news'])
  t.true(message?.equals(news))
  await Promise.all([subscriber.close(), publisher.close()])
})

withServer('redis', 'QUIT is answered, then the stream ends', async (t, server) => {
  const client = await connect(server)
  t.is(await client.request(command('QUIT'), { line: true }), '+OK')
  t.is(await client.readLine(), null)
  await client.close()
})

withServer('memcached', 'values are stored and read by the text protocol', async (t, server) => {
  const client = await connect(server)
  const value = Buffer.alloc(1_000_000, 'END\r\n')
  const header = `set key 7 0 ${value.length}\r\n`
  await client.write(header)
  await client.write(value)
  t.is(await client.request('\r\n', { line: true }), 'STORED')
  const found = await client.request('get key nothing\r\n', { line: true })
  t.is(found, `VALUE key 7 ${value.length}`)
  t.true(value.equals(await client.readExactly(value.length)))
  t.is(String(await client.readUntil('END\r\n')), '\r\nEND\r\n')
  t.is(
    await client.request('incr key 1\r\n', { line: true }),
    'CLIENT_ERROR cannot increment or decrement non-numeric value'
  )
  t.is(await client.request('delete key\r\n', { line: true }), 'DELETED')
  t.is(await client.request('nonsense\r\n', { line: true }), 'ERROR')
  await client.close()
})

withServer('memcached', 'the statistics are read line by line up to END', async (t, server) => {
  const client = await connect(server)
  await client.write('stats\r\nversion\r\n')
  const statistics = new Map<string, string>()
  for await (const line of client.lines()) {
    if (line === 'END') break
    const [, name = '', value = ''] = line.split(' ')
    statistics.set(name, value)
  }
  t.true(Number(statistics.get('pid')) > 0)
  // Leaving the loop has left the next answer readable.
  t.regex(String(await client.readLine()), /^VERSION /)
  await client.close()
})

withServer('nginx', 'a page comes by HTTP/1.0, its end is the end of the stream', async (t, server) => {
  const client = await connect(server)
  await client.write('GET / HTTP/1.0\r\n\r\n')
  t.is(await client.readLine(), 'HTTP/1.1 200 OK')
  const headers = new Map<string, string>()
  for await (const line of client.lines()) {
    if (line === '') break
    const [name = '', value = ''] = line.split(': ')
    headers.set(name.toLowerCase(), value)
  }
  const body = await client.readAll()
  t.is(String(body), '<h1>A page</h1>\n')
  t.is(headers.get('content-length'), String(body.length))
  t.is(await client.read(), null)
  await client.close()
})

withServer('nginx', 'pages of one kept connection are told apart by their lengths', async (t, server) => {
  const client = await connect(server)
  for (const [path, size] of [
    ['/', 16],
    ['/large.bin', 3_000_000],
    ['/index.html', 16]
  ] as const) {
    await client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const head = String(await client.readUntil('\r\n\r\n', { maxSize: 8192 }))
    const length = Number(head.match(/Content-Length: (\d+)/i)?.[1])
    t.is(length, size)
    const body = Buffer.alloc(length)
    t.is(await client.readInto(body), size)
    t.is(client.buffered, 0)
  }
  await client.close()
})

withServer('nginx', 'one exchange gives the status line', async (t, server) => {
  const address = `${server.host}:${server.port}`
  const line = await processRequest(address, 'GET /missing HTTP/1.0\r\n\r\n', { encoding: 'latin1' })
  t.is(line, 'HTTP/1.1 404 Not Found\r\n')
})
