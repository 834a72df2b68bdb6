// Rule 7: nothing is read ahead beyond the buffer's size; the peer feels the back-pressure.

import test from 'ava'
import { outcome, within } from './helpers/failures'
import { flood, large, MORE_THAN_FITS, pair, turns } from './helpers/peer'

// One read of the system, and as much again for a buffer that grows by doubling.
const READ_AHEAD = 256 * 1024

test('with nobody reading, the sender blocks and nothing is taken from the system', async (t) => {
  const { client, socket } = await pair(t)
  const flooding = flood(socket, MORE_THAN_FITS)
  for (let before = -1; before < flooding.taken; ) {
    before = flooding.taken
    await turns(100)
  }
  t.true(flooding.taken < MORE_THAN_FITS / 2)
  t.is(client.bytesRead, 0)
  t.is(client.buffered, 0)
})

test('a small read leaves at most a buffer of what comes after it', async (t) => {
  const { client, socket } = await pair(t)
  socket.write('line\n')
  const flooding = flood(socket, MORE_THAN_FITS)
  t.is(await client.readLine(), 'line')
  await turns(100)
  t.true(client.buffered <= READ_AHEAD, `${client.buffered}`)
  t.is(client.bytesRead, client.buffered + 5)
  t.true(flooding.taken < MORE_THAN_FITS / 2)
})

test('a sender that was blocked goes on as its bytes are read, and every one arrives', async (t) => {
  const { client, socket } = await pair(t)
  const size = MORE_THAN_FITS / 4
  socket.end(Buffer.alloc(size, 'ab'))
  let total = 0
  let most = 0
  for await (const chunk of client) {
    total += chunk.length
    most = Math.max(most, client.buffered)
    t.true(chunk.equals(Buffer.alloc(chunk.length, (total - chunk.length) % 2 === 0 ? 'ab' : 'ba')))
  }
  t.is(total, size)
  t.true(most <= READ_AHEAD, `${most}`)
})

test('a reader that pauses between lines does not pile them up', async (t) => {
  const { client, socket } = await pair(t)
  socket.write('0123456789\n'.repeat(MORE_THAN_FITS / 11))
  let most = 0
  for (let line = 0; line < 1000; line++) {
    t.is(await client.readLine(), '0123456789')
    if (line % 100 === 0) await turns(10)
    most = Math.max(most, client.buffered)
  }
  t.true(most <= READ_AHEAD, `${most}`)
})

test('what one read may pile up is bounded by maxBuffer', async (t) => {
  const { client, socket } = await pair(t, { maxBuffer: 100_000 })
  socket.write(large)
  for (const read of [
    () => client.readUntil('\n'),
    () => client.readLine(),
    () => client.readAll(),
    () => client.expect('\n'),
    () => client.lines().next()
  ]) {
    t.is(await outcome(read()), 'ERR_LIMIT')
    t.true(client.buffered <= 100_000 + READ_AHEAD, `${client.buffered}`)
  }
  t.is((await within(client.receive({ marker: '\n' }))).reason, 'size')
})

test('maxBuffer does not bound what is asked for by its size', async (t) => {
  const { client, socket } = await pair(t, { maxBuffer: 10 })
  socket.write(Buffer.alloc(300_020, 'a'))
  t.is((await within(client.readExactly(300_000))).length, 300_000)
  t.is(await client.readInto(new Uint8Array(20)), 20)
})

test('a write to a peer that takes nothing waits, and so does the next one', async (t) => {
  const { client, socket } = await pair(t)
  let settled = 0
  const writes = [large, 'a', Buffer.alloc(10_000)].map((data) => client.write(data).then(() => settled++))
  await turns(100)
  t.is(settled, 0)
  t.true(client.bytesWritten < MORE_THAN_FITS)
  socket.resume()
  await within(Promise.all(writes))
  t.is(client.bytesWritten, MORE_THAN_FITS + 10_001)
})
