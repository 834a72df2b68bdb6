// Rule 2: reads called at the same time are served in the order of their calls.

import test from 'ava'
import type { TcpClient } from 'tcpull'
import { latin1 } from './helpers/cuttings'
import { outcome, within } from './helpers/failures'
import { listen, pair, portOf, received, sent, turns } from './helpers/peer'
import { connect } from './helpers/transport'

const STREAM = 'one\ntwo\n12\x02fr34until;5566line\n\x01xthree\n'

/** One read of every kind, all called before the first is answered. */
function allAtOnce(client: TcpClient): Promise<string[]> {
  const target = Buffer.alloc(2)
  const calls = [
    client.readLine(),
    client
      .lines()
      .next()
      .then(({ value }) => value),
    client.readExactly(2),
    client.readFrame({ length: 'u8' }),
    client.readInto(target).then(() => target),
    client.readUntil(';'),
    client.receive({ maxSize: 2 }).then(({ data }) => data),
    client.read({ max: 2 }),
    client.expect('\n').then(({ before }) => before),
    client
      .frames({ length: 'u8' })
      .next()
      .then(({ value }) => value),
    client.readLine()
  ]
  return Promise.all(calls.map(outcome))
}

const IN_ORDER = ['one', 'two', '12', 'fr', '34', 'until;', '55', '66', 'line', 'x', 'three']

test('reads of every kind called before anything comes are served in call order', async (t) => {
  const { client, socket } = await pair(t)
  const answers = allAtOnce(client)
  await turns(2)
  socket.write(STREAM)
  t.deepEqual(await answers, IN_ORDER)
})

test('reads of every kind called over a full buffer are served in call order', async (t) => {
  const { client } = await sent(t, STREAM)
  t.deepEqual(await allAtOnce(client), IN_ORDER)
})

test('lines called at once over a full buffer are served in call order', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\n5\n6\n7\n8\n')
  const first = await Promise.all([1, 2, 3, 4].map(() => client.readLine()))
  t.deepEqual(first, ['1', '2', '3', '4'])
  const rest = await Promise.all([client.readLine(), client.readExactly(2), client.readLine(), client.readUntil('\n')])
  t.deepEqual(rest.map(String), ['5', '6\n', '7', '8\n'])
})

test('items of one iterator called at once over a full buffer come in order', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n\x01a\x01b\x01c')
  const lines = client.lines()
  const three = await Promise.all([lines.next(), lines.next(), lines.next()])
  t.deepEqual(
    three.map(({ value }) => value),
    ['1', '2', '3']
  )
  const frames = client.frames({ length: 'u8' })
  const letters = await Promise.all([frames.next(), frames.next(), frames.next()])
  t.deepEqual(
    letters.map(({ value }) => latin1(value)),
    ['a', 'b', 'c']
  )
})

for (const kind of ['read', 'readExactly', 'readLine', 'readUntil'] as const) {
  test(`a ${kind} whose answer leads to further reads does not overtake a line that was called before them`, async (t) => {
    const { client, socket } = await pair(t)
    const first = {
      read: () => client.read({ max: 1 }),
      readExactly: () => client.readExactly(2),
      readLine: () => client.readLine(),
      readUntil: () => client.readUntil('\n')
    }[kind]
    const followed = first().then(() => Promise.all([client.readLine(), client.read({ max: 1 }), client.readLine()]))
    const second = client.readLine()
    await turns(2)
    socket.write(`${kind === 'read' ? '1' : '1\n'}2\n3\n45\n6\n`)
    t.is(await within(second), '2')
    t.deepEqual((await within(followed)).map(String), ['3', '4', '5'])
  })
}

test('batches called at once share the lines without doubling one', async (t) => {
  const { client, socket } = await pair(t)
  const batches = client.lines().batches()
  const calls = [batches.next(), batches.next(), batches.next()]
  await turns(2)
  socket.write('1\n2\n3\n4\n5\n')
  const got = (await within(Promise.all(calls))).flatMap(({ value }) => value as string[])
  t.deepEqual(got, ['1', '2', '3', '4', '5'])
})

test('a read that gives up lets those behind it go on in order', async (t) => {
  const { client, socket } = await pair(t)
  const abort = new AbortController()
  const calls = [
    client.readExactly(3),
    client.readUntil('never', { signal: abort.signal }),
    client.readLine(),
    client.readExactly(2)
  ].map(outcome)
  socket.write('abcline\nxy')
  t.is(await calls[0], 'abc')
  abort.abort()
  t.deepEqual(await Promise.all(calls), ['abc', 'ABORT_ERR', 'line', 'xy'])
})

test('a read behind one that waits gives up alone', async (t) => {
  const { client, socket } = await pair(t)
  const first = client.readLine()
  t.is(await outcome(client.readExactly(1, { timeout: 5 })), 'ETIMEDOUT')
  const third = client.readExactly(1)
  socket.write('line\nx')
  t.deepEqual(await Promise.all([first, third].map(outcome)), ['line', 'x'])
})

test('requests called at once are answered in call order', async (t) => {
  const { client, socket } = await pair(t)
  const questions = Array.from({ length: 50 }, (_, index) => `question ${index}\n`)
  const answers = Promise.all(questions.map((question) => client.request(question, { line: true })))
  const asked = await received(socket, questions.join('').length)
  t.is(asked, questions.join(''))
  socket.write(asked.replaceAll('question', 'answer'))
  t.deepEqual(
    await within(answers),
    questions.map((_, index) => `answer ${index}`)
  )
})

test('connections do not wait for each other', async (t) => {
  const server = await listen(t, (socket) => socket.pipe(socket))
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => connect({ host: '127.0.0.1', port: portOf(server) }))
  )
  const silent = clients[0]?.readLine().catch(() => 'closed')
  const echoes = clients.slice(1).map(async (client, index) => {
    const answer = await client.request(`${index}\n`, { line: true })
    await client.close()
    return Number(answer)
  })
  t.deepEqual(await within(Promise.all(echoes)), [...Array(19).keys()])
  await clients[0]?.close()
  t.is(await silent, 'closed')
})
