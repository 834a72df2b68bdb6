// Rule 4 through the whole addon: conversations that mix every kind of read give the same answers however their bytes are
// cut, whether calls wait for each other or not. The core's own tests hold the same for its answers to single reads.

import test, { type ExecutionContext } from 'ava'
import { latin1 } from './helpers/cuttings'
import { within } from './helpers/failures'
import { everyKind, mixedScript, type Part } from './helpers/mixed-script'
import { type Pair, pair, turns } from './helpers/peer'
import { numbers } from './helpers/random'

const SCRIPTS = 100
const CUTTINGS_PER_SCRIPT = 100

/** Calls the parts, each after the answer of the one before, or as many at once as may be. */
async function play(client: Pair['client'], parts: readonly Part[], pipelined: boolean): Promise<unknown[]> {
  const answers: Promise<unknown>[] = []
  for (const part of parts) {
    const answer = part.call(client)
    answers.push(answer)
    if (!pipelined || !part.pipelined) await answer
  }
  return Promise.all(answers)
}

/** Sends the pieces one by one; the next one leaves when this one has been read or nobody reads. */
async function send({ client, socket }: Pair, pieces: readonly Buffer[], finished: () => boolean): Promise<void> {
  let total = client.bytesRead
  for (const piece of pieces) {
    socket.write(piece)
    total += piece.length
    while (client.bytesRead < total && !finished()) await turns(1)
  }
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places, bytes.length].sort((one, other) => one - other)
  return sorted
    .slice(1)
    .map((end, index) => bytes.subarray(sorted[index], end))
    .filter((piece) => piece.length > 0)
}

/** Asserts the answers of one cutting. */
async function same(t: ExecutionContext, both: Pair, parts: readonly Part[], pieces: Buffer[], pipelined = false) {
  let finished = false
  const playing = play(both.client, parts, pipelined).finally(() => {
    finished = true
  })
  const name = `${pipelined ? 'pipelined' : 'in turn'}, cut into ${pieces.map((piece) => piece.length)}`
  const sending = send(both, pieces, () => finished)
  const answers = await within(playing, name)
  await sending
  const expected = parts.map((part) => part.gives)
  if (JSON.stringify(answers) !== JSON.stringify(expected)) t.deepEqual(answers, expected, name)
  if (both.client.buffered !== 0) t.fail(`${name}: left ${latin1(both.client.peek())}`)
}

function join(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map((part) => part.bytes))
}

test('10,000 random cuttings of 100 conversations that mix every kind of read give the answers of one chunk', async (t) => {
  const both = await pair(t)
  const random = numbers(1)
  let count = 0
  for (let script = 0; script < SCRIPTS; script++) {
    const parts = mixedScript(random, 1 + Math.floor(random() * 8))
    const bytes = join(parts)
    await same(t, both, parts, [bytes])
    await same(t, both, parts, [bytes], true)
    for (let cutting = 0; cutting < CUTTINGS_PER_SCRIPT; cutting++) {
      const cuts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => Math.floor(random() * bytes.length))
      await same(t, both, parts, cutAt(bytes, cuts), cutting % 2 === 1)
      count++
    }
  }
  t.is(count, 10_000)
})

for (const pipelined of [false, true]) {
  const how = pipelined ? 'called at once' : 'called in turn'

  test(`every cutting in two gives the answers of one chunk, ${how}`, async (t) => {
    const both = await pair(t)
    const parts = everyKind(numbers(2))
    const bytes = join(parts)
    for (let place = 0; place <= bytes.length; place++) await same(t, both, parts, cutAt(bytes, [place]), pipelined)
    t.pass()
  })

  test(`byte by byte gives the answers of one chunk, ${how}`, async (t) => {
    const both = await pair(t)
    for (let seed = 3; seed < 13; seed++) {
      const parts = everyKind(numbers(seed))
      const bytes = join(parts)
      await same(
        t,
        both,
        parts,
        [...bytes.keys()].map((at) => bytes.subarray(at, at + 1)),
        pipelined
      )
    }
    t.pass()
  })
}

test('the end of the stream may come with the last bytes or after them, at any cut', async (t) => {
  const rest = 'first\nsecond'
  for (let place = 0; place <= rest.length; place++) {
    for (const together of [true, false]) {
      const both = await pair(t)
      const { client, socket } = both
      const reading = Promise.all([
        client.readLine(),
        client.readExactly(9).catch((error) => error.code),
        client.readFrame({ length: 'u8' }).catch((error) => error.code),
        client.readUntil('\n').catch((error) => error.code),
        client.readLine(),
        client.readAll().then(latin1),
        client.receive({ marker: 'x' }).then(({ data, reason }) => [latin1(data), reason]),
        client.read(),
        client.readLine(),
        client.readFrame({ length: 'u32be' })
      ])
      const pieces = cutAt(Buffer.from(rest), [place])
      const last = together ? (pieces.pop() as Buffer) : Buffer.alloc(0)
      await send(both, pieces, () => false)
      socket.end(last)
      const unexpected = 'ERR_UNEXPECTED_END'
      const expected = ['first', unexpected, unexpected, unexpected, 'second', '', ['', 'end'], null, null, null]
      t.deepEqual(await within(reading), expected, `cut at ${place}`)
      client.destroy()
    }
  }
})
