// `expect`: texts, bytes and regular expressions, alone and together, in any cutting.

import test from 'ava'
import type { Expected, ExpectOptions, Pattern } from 'tcpull'
import { anyCutting, latin1 } from './helpers/cuttings'
import { fails, outcome, within } from './helpers/failures'
import { pair, sent } from './helpers/peer'

/** An expectation, and what it gives: its index, match (with groups) and the text before. */
interface Case {
  title: string
  input: string | Uint8Array
  patterns: Pattern | Pattern[]
  options?: ExpectOptions
  index: number
  match: string | (string | undefined)[]
  before: string
  /** What is left for the next read */
  rest: string
}

const cases: Case[] = [
  { title: 'a text', input: 'login: x', patterns: 'login: ', index: 0, match: 'login: ', before: '', rest: 'x' },
  {
    title: 'bytes',
    input: Buffer.from([1, 2, 3, 4]),
    patterns: new Uint8Array([2, 3]),
    index: 0,
    match: '\x02\x03',
    before: '\x01',
    rest: '\x04'
  },
  {
    title: 'the first of several texts to be complete',
    input: 'no route, no rest',
    patterns: ['route, no rest', 'out', 'rest'],
    index: 1,
    match: 'out',
    before: 'no r',
    rest: 'e, no rest'
  },
  {
    title: 'the first in the list of those complete at the same byte',
    input: 'password',
    patterns: ['word', 'rd', /d/],
    index: 0,
    match: 'word',
    before: 'pass',
    rest: ''
  },
  {
    title: 'a regular expression with groups',
    input: 'uid=1000(user) gid',
    patterns: /uid=(\d+)\((?<name>\w+)\)( x)?/,
    index: 0,
    match: ['uid=1000(user)', '1000', 'user', undefined],
    before: '',
    rest: ' gid'
  },
  {
    title: 'no more than completes it',
    input: 'baaa',
    patterns: /a+/,
    index: 0,
    match: ['a'],
    before: 'b',
    rest: 'aa'
  },
  {
    title: 'a regular expression that has to see what follows',
    input: 'a1b2c;',
    patterns: /[a-z](?=\d)/,
    index: 0,
    match: ['a'],
    before: '',
    rest: '1b2c;'
  },
  {
    title: 'a regular expression that must not see what follows',
    input: 'ab',
    patterns: /a(?!b)/,
    index: 0,
    match: ['a'],
    before: '',
    rest: 'b'
  },
  { title: "a word's end", input: 'ab cd', patterns: /ab\b /, index: 0, match: ['ab '], before: '', rest: 'cd' },
  {
    title: 'a regular expression beside texts',
    input: '220 ready\r\n500 no\r\n',
    patterns: ['no', /^(\d{3}) [^\r]*\r\n/m, 'ready!'],
    index: 1,
    match: ['220 ready\r\n', '220'],
    before: '',
    rest: '500 no\r\n'
  },
  {
    title: 'case when told to ignore it',
    input: 'LoGiN',
    patterns: /login/i,
    index: 0,
    match: ['LoGiN'],
    before: '',
    rest: ''
  },
  {
    title: 'characters of several bytes',
    input: 'Grüße, 世界!',
    patterns: /世(.)/u,
    index: 0,
    match: ['世界', '界'],
    before: 'Grüße, ',
    rest: '!'
  },
  {
    title: 'text in another encoding',
    input: Buffer.from('caf\xe9: \xff', 'latin1'),
    patterns: /é: /,
    options: { encoding: 'latin1' },
    index: 0,
    match: ['é: '],
    before: 'caf',
    rest: '\xff'
  },
  {
    title: 'bytes that are no text, before what is expected',
    input: Buffer.from('\xff\xfe$ ', 'latin1'),
    patterns: '$ ',
    index: 0,
    match: '$ ',
    before: '\ufffd\ufffd',
    rest: ''
  }
]

for (const { title, input, patterns, options, index, match, before, rest } of cases) {
  const size = typeof rest === 'string' ? Buffer.byteLength(rest, 'latin1') : 0
  anyCutting(`expect finds ${title}`, {
    input,
    script: async (client) => {
      const found = await client.expect(patterns, options)
      return { ...shown(found), rest: latin1(await client.readExactly(size)) }
    },
    gives: { index, match, before, rest }
  })
}

function shown({ index, match, before }: Expected): object {
  return { index, match: typeof match === 'string' ? match : [...match], before }
}

test('the groups of a match have their names', async (t) => {
  const { client } = await sent(t, 'user=root;')
  const { match } = await client.expect(/(?<key>\w+)=(?<value>\w+);/)
  t.like((match as RegExpExecArray).groups, { key: 'user', value: 'root' })
})

test('flags that make a regular expression remember its place change nothing', async (t) => {
  const { client } = await sent(t, 'a1a2a3')
  const pattern = /a(\d)/g
  pattern.lastIndex = 3
  for (const digit of '123') t.is(((await client.expect(pattern)).match as RegExpExecArray)[1], digit)
  t.is(pattern.lastIndex, 3)
})

test('an end before what is expected shows the unmatched tail', async (t) => {
  const { client, socket, port } = await pair(t)
  socket.end(`${'x'.repeat(1000)} last words`)
  const shape = { name: 'TcpError', code: 'ERR_UNEXPECTED_END', phase: 'read', address: '127.0.0.1', port }
  const { message } = await fails(t, client.expect(['login: ', /password/]), shape)
  t.true(message.endsWith('xxx last words"'), message)
  t.true(message.length < 500)
  t.is(client.buffered, 1011)
})

test('a timeout, an abort and a limit show the unmatched tail too, and take nothing', async (t) => {
  const { client } = await sent(t, 'Permission denied')
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 50)
  for (const [options, code] of [
    [{ signal: abort.signal }, 'ABORT_ERR'],
    [{ timeout: 5 }, 'ETIMEDOUT'],
    [{ maxSize: 10 }, 'ERR_LIMIT']
  ] as const) {
    const { message } = await fails(t, client.expect('$ ', options), { code })
    t.regex(message, code === 'ERR_LIMIT' ? /"Permission"$/ : /"Permission denied"$/)
    t.is(client.lastError?.message, message)
  }
  t.is(client.buffered, 17)
})

test('a text of exactly the limit is found', async (t) => {
  const { client } = await sent(t, 'abc$')
  t.is(await outcome(client.expect('$', { maxSize: 3 })), 'ERR_LIMIT')
  t.is((await client.expect('$', { maxSize: 4 })).before, 'abc')
})

test('expectations called at once are served in order', async (t) => {
  const { client, socket } = await pair(t)
  const two = Promise.all([client.expect(/\d/), client.expect(/\d/), client.readLine()])
  socket.write('a1b2c\n')
  const [first, second, line] = await within(two)
  t.deepEqual([first.before, second.before, line], ['a', 'b', 'c'])
})

test('a long text without a match is looked through to its limit', async (t) => {
  const { client, socket } = await pair(t, { maxBuffer: 1_000_000 })
  socket.write(Buffer.alloc(2_000_000, 'x'))
  t.is(await outcome(client.expect(['$ ', /# /])), 'ERR_LIMIT')
})

test('patterns that are none are refused before any I/O', async (t) => {
  const { client } = await pair(t)
  for (const patterns of [undefined, null, '', [], [''], 5, {}, [/a/, 5], [['a']], new Uint8Array(0)]) {
    await t.throwsAsync(client.expect(patterns as never), { instanceOf: TypeError, message: /patterns/ })
  }
  const encoding = 'utf9' as never
  await t.throwsAsync(client.expect('a', { encoding }), { code: 'ERR_INVALID_ARG_VALUE', message: /utf9/ })
  await t.throwsAsync(client.expect('a', null as never), { code: 'ERR_INVALID_ARG_TYPE' })
})
