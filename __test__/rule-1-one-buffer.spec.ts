// Rule 1: what a read leaves is there for the next one, whatever its kind.

import test from 'ava'
import { all, anyCutting, latin1 } from './helpers/cuttings'
import { within } from './helpers/failures'
import { arrive, pair, sent } from './helpers/peer'

const EVERY_KIND = 'line\r\n12345until;\x03abcintogo:ok, then\nnext\n\x01x\x02yzreq\nrest'

anyCutting('every kind of read goes on where the one before it stopped', {
  input: EVERY_KIND,
  ending: 'end',
  script: async (client) => {
    const target = Buffer.alloc(4)
    return [
      await client.readLine(),
      latin1(await client.readExactly(5)),
      latin1(await client.readUntil(';')),
      latin1(await client.readFrame({ length: 'u8' })),
      [await client.readInto(target), latin1(target)],
      latin1((await client.receive({ marker: ':' })).data),
      (await client.expect(/,\s/)).before,
      (await client.lines().next()).value,
      (await client.lines().next()).value,
      latin1((await client.frames({ length: 'u8' }).next()).value),
      latin1(await client.readFrame({ length: 'u8' })),
      await client.request('', { line: true }),
      latin1(await client.readAll())
    ]
  },
  gives: ['line', '12345', 'until;', 'abc', [4, 'into'], 'go:', 'ok', 'then', 'next', 'x', 'yz', 'req', 'rest']
})

test('lines that came in a batch are bytes again for another kind of read', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\n5\n6\n7\n')
  const lines = [await client.readLine(), await client.readLine(), await client.readLine(), await client.readLine()]
  t.deepEqual(lines, ['1', '2', '3', '4'])
  t.is(client.buffered, 6)
  t.is(latin1(client.peek()), '5\n6\n7\n')
  t.is(latin1(await client.readExactly(2)), '5\n')
  t.is(await client.readLine(), '6')
  t.is(latin1(await client.readUntil('\n')), '7\n')
})

test('lines that came in a batch are cut anew for lines of another marker or encoding', async (t) => {
  const { client } = await sent(t, '1\n2\n3;4\n5\né\n')
  for (const line of ['1', '2']) t.is(await client.readLine({ encoding: 'latin1' }), line)
  t.is(await client.readLine({ marker: ';' }), '3')
  t.is(await client.readLine({ keepMarker: true }), '4\n')
  t.is(await client.readLine(), '5')
  t.is(await client.readLine({ encoding: 'latin1' }), '\xc3\xa9')
})

test('frames that came in a batch are bytes again for another kind of read', async (t) => {
  const { client } = await sent(t, '\x01a\x01b\x01c\x01d\x02ef\x01g')
  for (const payload of ['a', 'b', 'c', 'd']) t.is(latin1(await client.readFrame({ length: 'u8' })), payload)
  t.is(client.buffered, 5)
  t.is(latin1(await client.readExactly(2)), '\x02e')
  t.is(latin1(await client.readExactly(1)), 'f')
  t.is(latin1(await client.readFrame({ length: 'u8' })), 'g')
})

test('looking at the buffer takes nothing', async (t) => {
  const { client } = await sent(t, 'abc')
  t.is(client.buffered, 3)
  t.is(latin1(client.peek()), 'abc')
  t.is(latin1(client.peek(2)), 'ab')
  t.is(latin1(client.peek(0)), '')
  t.is(latin1(client.peek(99)), 'abc')
  t.is(latin1(await client.readExactly(3)), 'abc')
  t.is(latin1(client.peek()), '')
})

test('what was looked at is a copy', async (t) => {
  const { client } = await sent(t, 'abc')
  client.peek().fill('x')
  t.is(latin1(await client.readExactly(3)), 'abc')
})

test('bytes put back come first, for every kind of read', async (t) => {
  const { client } = await sent(t, 'c\n')
  client.unread('b')
  client.unread(new Uint8Array([97]))
  t.is(client.buffered, 4)
  t.is(await client.readLine(), 'abc')
  client.unread('x\ny')
  t.is(await client.readLine(), 'x')
  t.is(latin1(await client.readExactly(1)), 'y')
})

test('more bytes can be put back than ever came', async (t) => {
  const { client } = await pair(t)
  client.unread(Buffer.alloc(300_000, 'a'))
  client.unread('')
  client.unread('b')
  t.is(client.buffered, 300_001)
  t.is(client.bytesRead, 0)
  const bytes = await client.readExactly(300_001)
  t.true(bytes.equals(Buffer.from(`b${'a'.repeat(300_000)}`)))
})

test('bytes put back among lines of a batch come before the lines not yet read', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\n5\n6\n7\n')
  for (const line of ['1', '2', '3', '4']) t.is(await client.readLine(), line)
  client.unread('x\n')
  t.deepEqual(await all(() => (client.buffered ? client.readLine() : Promise.resolve(null))), ['x', '5', '6', '7'])
})

test('bytes cannot be put back under a read that is waiting', async (t) => {
  const both = await pair(t)
  const { client, socket } = both
  const waiting = client.readLine()
  t.throws(() => client.unread('x'), { code: 'ERR_INVALID_STATE' })
  socket.write('line\n')
  t.is(await within(waiting), 'line')
  client.unread('x')
  await arrive(both, 'y')
  t.is(latin1(await client.readExactly(2)), 'xy')
})
