// Rule 6: iterators never close. Leaving one leaves the rest readable; they can be mixed with every other read.

import test from 'ava'
import type { TcpClient } from 'tcpull'
import { all, anyCutting, latin1 } from './helpers/cuttings'
import { sent } from './helpers/peer'

const u8 = { length: 'u8' } as const

test('break leaves the lines not yet seen', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\nrest')
  for await (const line of client.lines()) if (line === '2') break
  t.is(latin1(client.peek()), '3\n4\nrest')
  for await (const line of client.lines()) if (line === '4') break
  t.is(latin1(await client.readExactly(4)), 'rest')
  t.false(client.closed)
})

test('break leaves the frames not yet seen', async (t) => {
  const { client } = await sent(t, '\x01a\x01b\x01c\x01d')
  for await (const frame of client.frames(u8)) if (latin1(frame) === 'b') break
  t.is(latin1(await client.readFrame(u8)), 'c')
  t.is(latin1(await client.readExactly(2)), '\x01d')
})

test('break after a batch leaves what is behind the batch', async (t) => {
  const { client, socket } = await sent(t, '1\n2\n3\nhalf')
  for await (const lines of client.lines().batches()) {
    t.deepEqual(lines, ['1', '2', '3'])
    break
  }
  socket.write(' and half\n')
  t.is(await client.readLine(), 'half and half')
})

test('break in a loop over chunks leaves the bytes that come later', async (t) => {
  const { client, socket } = await sent(t, 'abc')
  for await (const chunk of client) {
    t.is(latin1(chunk), 'abc')
    break
  }
  socket.write('def')
  t.is(latin1(await client.readExactly(3)), 'def')
})

test('an error thrown in a loop leaves the rest as break does', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n')
  const loop = async (): Promise<void> => {
    for await (const _ of client.lines()) throw new Error('mine')
  }
  await t.throwsAsync(loop(), { message: 'mine' })
  t.is(await client.readLine(), '2')
})

test('an iterator that was left can be gone on with', async (t) => {
  const { client } = await sent(t, '1\n2\n3\n4\n')
  const lines = client.lines()
  for await (const line of lines) if (line === '2') break
  t.deepEqual(await lines.next(), { value: '3', done: false })
  t.deepEqual(await lines.return?.(), { value: undefined, done: true })
  t.deepEqual(await lines.next(), { value: '4', done: false })
})

test('an iterator that is made and not used reads nothing', async (t) => {
  const { client } = await sent(t, '1\n')
  client.lines()
  client.lines().batches()
  client.frames(u8)
  client[Symbol.asyncIterator]()
  t.is(client.buffered, 2)
})

test('after the end an iterator stays at its end', async (t) => {
  const { client, socket } = await sent(t, '1\n')
  socket.end()
  const lines = client.lines()
  t.deepEqual(await lines.next(), { value: '1', done: false })
  for (const _ of [1, 2]) t.deepEqual(await lines.next(), { value: undefined, done: true })
})

anyCutting('two iterators taking turns share the stream', {
  input: 'line\n\x02ab2nd\n\x01c3rd\n',
  script: async (client) => {
    const lines = client.lines()
    const frames = client.frames(u8)
    const got: (string | null)[] = []
    for (let turn = 0; turn < 2; turn++) {
      got.push((await lines.next()).value, latin1((await frames.next()).value))
    }
    return [...got, (await lines.next()).value]
  },
  gives: ['line', 'ab', '2nd', 'c', '3rd']
})

anyCutting('lines, batches and single lines mixed give every line once', {
  input: Array.from({ length: 40 }, (_, index) => `${index}\n`).join(''),
  ending: 'end',
  script: mixed,
  gives: Array.from({ length: 40 }, (_, index) => `${index}`)
})

async function mixed(client: TcpClient): Promise<string[]> {
  const got: string[] = []
  const lines = client.lines()
  const batches = lines.batches()
  for (let round = 0; round < 5; round++) {
    got.push((await client.readLine()) as string)
    got.push((await lines.next()).value as string)
    if (round === 2) {
      client.unread(`${got.pop()}\n`)
      got.push(await client.readUntil('\n').then((bytes) => `${bytes}`.trim()))
    }
  }
  got.push(...((await batches.next()).value as string[]))
  got.push(...(await all(() => client.readLine())))
  return got
}

anyCutting('batches give every frame once, whatever their sizes', {
  input: Array.from({ length: 30 }, (_, size) => `${String.fromCharCode(size)}${'x'.repeat(size)}`).join(''),
  ending: 'end',
  script: async (client) => {
    const sizes: number[] = []
    for await (const frames of client.frames(u8).batches()) {
      if (frames.length === 0) throw new Error('an empty batch')
      sizes.push(...frames.map((frame) => frame.length))
    }
    return sizes
  },
  gives: [...Array(30).keys()]
})

anyCutting('chunks give every byte once', {
  input: 'some bytes, in whatever pieces',
  ending: 'end',
  script: async (client) => {
    let text = ''
    for await (const chunk of client) text += latin1(chunk)
    return text
  },
  gives: 'some bytes, in whatever pieces'
})
