// Lines: every encoding and option of `readLine`, `lines` and `writeLine`. Markers in any cutting are rule 4's.

import test from 'ava'
import type { TcpClient } from 'tcpull'
import { all, anyCutting, latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { pair, received, sent } from './helpers/peer'

/** Text, its encoding and its bytes. */
const ENCODINGS: [label: string, text: string, bytes: string][] = [
  ['utf8', 'é✓😀', '\xc3\xa9\xe2\x9c\x93\xf0\x9f\x98\x80'],
  ['UTF-8', 'é', '\xc3\xa9'],
  ['cp866', 'Привет', '\x8f\xe0\xa8\xa2\xa5\xe2'],
  ['ibm866', 'Привет', '\x8f\xe0\xa8\xa2\xa5\xe2'],
  ['windows-1251', 'Привет', '\xcf\xf0\xe8\xe2\xe5\xf2'],
  ['cp1251', 'Привет', '\xcf\xf0\xe8\xe2\xe5\xf2'],
  ['koi8-r', 'Привет', '\xf0\xd2\xc9\xd7\xc5\xd4'],
  ['windows-1252', '€é', '\x80\xe9'],
  ['iso-8859-2', 'łą', '\xb3\xb1'],
  ['gbk', '中文', '\xd6\xd0\xce\xc4'],
  ['gb18030', '中😀', '\xd6\xd0\x94\x39\xfc\x36'],
  ['big5', '中文', '\xa4\xa4\xa4\xe5'],
  ['shift_jis', '日本表', '\x93\xfa\x96\x7b\x95\x5c'],
  ['euc-jp', '日本', '\xc6\xfc\xcb\xdc'],
  ['euc-kr', '한글', '\xc7\xd1\xb1\xdb'],
  ['utf-16le', 'aé😀', 'a\0\xe9\0\x3d\xd8\0\xde'],
  ['utf16le', 'aé', 'a\0\xe9\0'],
  ['utf-16be', 'aé', '\0a\0\xe9'],
  ['latin1', 'é\x80ÿ', '\xe9\x80\xff'],
  ['binary', 'é\x80ÿ', '\xe9\x80\xff'],
  ['ascii', 'abc', 'abc']
]

for (const [encoding, text, bytes] of ENCODINGS) {
  const ending = { 'utf-16le': '\n\0', utf16le: '\n\0', 'utf-16be': '\0\n' }[encoding] ?? '\n'

  anyCutting(`${encoding} is read`, {
    input: Buffer.from(`${bytes}${ending}${bytes}${ending}`.repeat(3), 'latin1'),
    ending: 'end',
    script: (client) => all(() => client.readLine({ encoding })),
    gives: Array(6).fill(text)
  })

  test(`${encoding} is written`, async (t) => {
    const { client, socket } = await pair(t)
    await client.writeLine(text, { encoding })
    t.is(await received(socket, bytes.length + ending.length), bytes + ending)
  })
}

test('ascii ignores the high bit, as Node does', async (t) => {
  const { client } = await sent(t, Buffer.from('\xe1b\xff\n', 'latin1'))
  t.is(await client.readLine({ encoding: 'ascii' }), 'ab\x7f')
})

test('malformed input becomes U+FFFD', async (t) => {
  const malformed = ['a\xffb', 'a\xc3', '\xe2\x9c', '\xed\xa0\x80', '\xf0\x9f\x98', '\xc0\xaf']
  const { client } = await sent(t, Buffer.from(`${malformed.join('\n')}\n`, 'latin1'))
  for (const bytes of malformed) {
    t.is(await client.readLine(), new TextDecoder().decode(Buffer.from(bytes, 'latin1')))
  }
})

test('malformed input is refused under fatal, and its bytes stay', async (t) => {
  const { client, port } = await sent(t, Buffer.from('good\nb\xffad\ngood\n', 'latin1'))
  const fatal = { fatal: true }
  t.is(await client.readLine(fatal), 'good')
  const shape = { name: 'TcpError', code: 'ERR_ENCODING_INVALID_ENCODED_DATA', phase: 'read', port }
  await fails(t, client.readLine(fatal), shape)
  await fails(t, client.lines(fatal).next(), shape)
  await fails(t, client.lines(fatal).batches().next(), shape)
  t.is(latin1(await client.readUntil('\n')), 'b\xffad\n')
  t.is(await client.readLine(fatal), 'good')
})

test('malformed input in every other encoding is what the standard says', async (t) => {
  for (const [encoding, bytes] of [
    ['gbk', 'a\x81'],
    ['shift_jis', 'a\x81\x20b'],
    ['euc-jp', '\x8f\xa1'],
    ['utf-16le', 'a\0\x3d\xd8b\0'],
    ['windows-1253', '\xd2']
  ] as const) {
    const raw = Buffer.from(bytes, 'latin1')
    const end = encoding === 'utf-16le' ? '\n\0' : '\n'
    const { client } = await sent(t, Buffer.concat([raw, Buffer.from(end)]))
    t.is(await client.readLine({ encoding }), new TextDecoder(encoding).decode(raw), encoding)
  }
})

test('a byte order mark is a character like any other', async (t) => {
  const { client } = await sent(t, '\ufeffa\n\ufeffb\n')
  t.is(await client.readLine(), '\ufeffa')
  t.is(await client.readLine(), '\ufeffb')
})

test('a line can be empty, and so can the last one', async (t) => {
  const { client, socket } = await pair(t)
  socket.end('\n\r\n\na\n')
  t.deepEqual(await all(() => client.readLine()), ['', '', '', 'a'])
  const other = await pair(t)
  other.socket.end('')
  t.is(await other.client.readLine(), null)
})

test('ten thousand empty lines are ten thousand lines', async (t) => {
  const { client, socket } = await pair(t)
  socket.end('\n'.repeat(10_000))
  t.is((await all(() => client.readLine())).join('').length, 0)
  t.is(client.bytesRead, 10_000)
})

test('a line may be longer than any buffer', async (t) => {
  const { client, socket } = await pair(t)
  const long = 'é'.repeat(1_000_000)
  socket.end(`${long}\n${long}`)
  t.true((await within(client.readLine())) === long)
  t.true((await within(client.readLine())) === long)
  t.is(await client.readLine(), null)
})

anyCutting("a marker of one's own is found as the encoding writes it", {
  input: Buffer.from('\xcf\xf0 \xea\xee\xed\xe5\xf6 \xe8\xe2 \xea\xee\xed\xe5\xf6 ', 'latin1'),
  script: async (client) => {
    const options = { encoding: 'windows-1251', marker: ' конец ' }
    return [await client.readLine(options), await client.readLine({ ...options, keepMarker: true })]
  },
  gives: ['Пр', 'ив конец ']
})

anyCutting('the rest before an end is decoded as a line', {
  input: Buffer.from('a\0b\0\n\0c\0', 'latin1'),
  ending: 'end',
  script: (client: TcpClient) => all(() => client.readLine({ encoding: 'utf-16le' })),
  gives: ['ab', 'c']
})

test('lines in batches are those of single calls', async (t) => {
  const input = 'a\r\nb\n\nc\r\n\r\n\xe9|d\n'
  for (const options of [{}, { keepMarker: true }, { encoding: 'latin1' }, { marker: '|' }, { encoding: 'gbk' }]) {
    const one = await pair(t)
    const many = await pair(t)
    one.socket.end(Buffer.from(input, 'latin1'))
    many.socket.end(Buffer.from(input, 'latin1'))
    const batches: string[][] = []
    for await (const lines of many.client.lines(options).batches()) batches.push(lines)
    t.deepEqual(batches.flat(), await all(() => one.client.readLine(options)))
  }
})

test("writeLine writes a marker of one's own, in the encoding", async (t) => {
  const { client, socket } = await pair(t)
  await client.writeLine('a', { marker: '\r\n' })
  await client.writeLine('б', { encoding: 'cp866', marker: 'я' })
  await client.writeLine('', { marker: '' })
  await client.writeLine('c\nd')
  t.is(await received(socket, 9), 'a\r\n\xa1\xefc\nd\n')
})

test('a character that the encoding does not have is refused before any I/O', async (t) => {
  const { client } = await pair(t)
  const code = 'ERR_INVALID_ARG_VALUE'
  await t.throwsAsync(client.writeLine('ж✓', { encoding: 'cp866' }), { code, message: /✓/ })
  await t.throwsAsync(client.writeLine('a', { encoding: 'cp866', marker: '✓' }), { code })
  await t.throwsAsync(client.readLine({ encoding: 'koi8-r', marker: '✓' }), { code, message: /✓/ })
  t.is(client.bytesWritten, 0)
})

test('an encoding that is none, or none of lines, is refused before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const encoding of ['', 'utf9', 'hex', 'base64', 'utf-8\0', 'replacement', 'x'.repeat(1000)]) {
    const expected = { instanceOf: TypeError, code: 'ERR_INVALID_ARG_VALUE', message: /encoding/ }
    await t.throwsAsync(client.readLine({ encoding }), expected, encoding)
    t.throws(() => client.lines({ encoding }), expected, encoding)
    // Binary text can be written, before a marker.
    if (!/^(hex|base64)$/.test(encoding)) await t.throwsAsync(client.writeLine('a', { encoding }), expected, encoding)
    await t.throwsAsync(client.request('a', { line: true, encoding }), expected, encoding)
  }
  t.is(await outcome(client.readLine({ timeout: 1 })), 'ETIMEDOUT')
  t.is(client.bytesWritten, 0)
})

test('a wrong option of a line is refused before any I/O', async (t) => {
  const { client } = await pair(t)
  const wrong = [
    { marker: '' },
    { marker: 1 },
    { keepMarker: 1 },
    { fatal: 'yes' },
    { encoding: 8 },
    { encoding: null }
  ]
  for (const options of wrong) {
    await t.throwsAsync(client.readLine(options as object), { instanceOf: TypeError }, JSON.stringify(options))
    t.throws(() => client.lines(options as object), { instanceOf: TypeError }, JSON.stringify(options))
  }
  await t.throwsAsync(client.readLine(null as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await t.throwsAsync(client.readLine('utf8' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await t.throwsAsync(client.writeLine(1 as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await t.throwsAsync(client.writeLine('a', { marker: 1 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
})
