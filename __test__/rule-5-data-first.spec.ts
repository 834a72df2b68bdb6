// Rule 5: bytes that came before an end or a reset are readable before it is reported; end and reset differ.

import test from 'ava'
import type { TcpClient } from 'tcpull'
import { all, latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { ended, pair, reset, resetAfter, sent, turns } from './helpers/peer'
import { patient, reads } from './helpers/reads'

/** What each kind of read gives when nothing is left, at an end. */
const AT_END: Record<string, string> = {
  read: 'null',
  readLine: 'null',
  lines: 'undefined',
  batches: 'undefined',
  receive: '',
  readAll: ''
}

for (const [name, read] of Object.entries({ ...patient, ...reads })) {
  test(`${name}: an end is told after the data, again and again`, async (t) => {
    const { client, socket } = await sent(t, 'abc\n')
    socket.end()
    if (name in reads) t.is(await outcome(read(client)), reads[name] === reads.expect ? 'ab' : await whole(name))
    else t.is(latin1(await client.readExactly(4)), 'abc\n')
    for (const _ of [1, 2]) {
      if (name === 'readFrame') t.is(await within(read(client)), null)
      else if (name === 'frames') t.deepEqual(await within(read(client)), { value: undefined, done: true })
      else t.is(await outcome(read(client)), AT_END[name] ?? 'ERR_UNEXPECTED_END')
    }
  })

  test(`${name}: an end and a reset reach a read that waits`, async (t) => {
    const one = await pair(t)
    const two = await pair(t)
    const atEnd = outcome(read(one.client))
    const atReset = outcome(read(two.client))
    await turns(2)
    one.socket.end()
    await reset(two)
    t.is(await atReset, 'ECONNRESET')
    t.not(await atEnd, 'ECONNRESET')
  })

  // A request writes first, and that hits the reset: see below.
  if (name === 'request') continue
  test(`${name}: a reset is told after the data, again and again`, async (t) => {
    const both = await pair(t)
    const { client, port } = both
    await resetAfter(both, 'abc\n')
    if (name in reads) t.is(await outcome(read(client)), reads[name] === reads.expect ? 'ab' : await whole(name))
    else t.is(latin1(await client.readExactly(4)), 'abc\n')
    const shape = { name: 'TcpError', code: 'ECONNRESET', syscall: 'read', phase: 'read', address: '127.0.0.1', port }
    for (const _ of [1, 2]) {
      const error = await fails(t, read(client), shape)
      t.true(error.message.startsWith('read ECONNRESET'), error.message)
      t.true((error.errno ?? 0) < 0)
    }
  })
}

async function whole(name: string): Promise<string> {
  return ['readLine', 'lines', 'batches'].includes(name) ? 'abc' : 'abc\n'
}

test('an unfinished rest is readable in every way before an end', async (t) => {
  const ways: [string, (client: TcpClient) => Promise<unknown>][] = [
    ['rest', async (client) => client.readLine()],
    ['rest', async (client) => (await all(() => client.readLine())).join()],
    ['rest', async (client) => client.readAll()],
    ['rest', async (client) => client.read()],
    ['rest', async (client) => (await client.receive({ marker: '\n' })).data],
    ['ERR_UNEXPECTED_END', (client) => client.readUntil('\n')],
    ['ERR_UNEXPECTED_END', (client) => client.readExactly(5)],
    ['ERR_UNEXPECTED_END', (client) => client.readFrame({ length: 'u8' })],
    ['ERR_UNEXPECTED_END', (client) => client.expect(/\n/)]
  ]
  for (const [expected, way] of ways) {
    const { client, socket } = await sent(t, 'rest')
    socket.end()
    t.is(await outcome(way(client)), expected)
    if (expected !== 'rest') t.is(latin1(await client.readAll()), 'rest')
  }
})

test('an unfinished rest before a reset is no line and no answer: only bytes can be had', async (t) => {
  for (const read of Object.values(patient)) {
    const both = await pair(t)
    await resetAfter(both, 'abc')
    t.is(await outcome(read(both.client)), 'ECONNRESET')
    t.is(latin1(await both.client.read()), 'abc')
    t.is(await outcome(both.client.read()), 'ECONNRESET')
  }
})

test('a reset that a write has found out is still a reset for the reads, after the data', async (t) => {
  for (const ask of [
    (client: TcpClient) => client.write('x'),
    (client: TcpClient) => client.request('x', { size: 9 }),
    (client: TcpClient) => client.end()
  ]) {
    const both = await pair(t)
    const { client } = both
    await resetAfter(both, 'abc')
    await outcome(ask(client))
    t.is(latin1(await client.readExactly(3)), 'abc')
    t.is(await outcome(client.readAll()), 'ECONNRESET')
    t.is(await outcome(client.read()), 'ECONNRESET')
  }
})

test('an end that has been seen can be put off by bytes put back', async (t) => {
  const both = await sent(t, 'abc\n')
  await ended(both)
  const { client } = both
  t.is(await client.readLine(), 'abc')
  t.is(await client.readLine(), null)
  client.unread('again\n')
  t.is(await client.readLine(), 'again')
  t.is(await client.readLine(), null)
})

test('much data before a reset is all readable', async (t) => {
  const both = await pair(t)
  await resetAfter(both, Buffer.alloc(40_000, 'a'))
  t.is((await within(both.client.readExactly(40_000))).length, 40_000)
  t.is(await outcome(both.client.read()), 'ECONNRESET')
})

test('iterators end at an end and throw at a reset, after the data', async (t) => {
  const one = await pair(t)
  one.socket.end('1\n2\nrest')
  const lines: string[] = []
  for await (const line of one.client.lines()) lines.push(line)
  t.deepEqual(lines, ['1', '2', 'rest'])

  const two = await pair(t)
  await resetAfter(two, '1\n2\n')
  const seen: string[] = []
  const iterating = (async () => {
    for await (const line of two.client.lines()) seen.push(line)
  })()
  await fails(t, iterating, { code: 'ECONNRESET' })
  t.deepEqual(seen, ['1', '2'])
})
