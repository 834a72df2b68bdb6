// Rule 4: however the peer's bytes are cut, every read gives the same answer. That the time is linear is held by counting, in
// the tests of the core.

import { all, anyCutting, latin1 } from './helpers/cuttings'
import { outcome } from './helpers/failures'

anyCutting('a marker with false starts is found at its first complete place', {
  input: 'QWEaaXYaaaab',
  script: async (client) => [latin1(await client.readUntil('aaa')), latin1(await client.readExactly(2))],
  gives: ['QWEaaXYaaa', 'ab']
})

anyCutting('a marker that repeats its own begin is found', {
  input: 'aaaaaabaaaab!',
  script: async (client) => [latin1(await client.readUntil('aaab')), latin1(await client.readUntil('aab'))],
  gives: ['aaaaaab', 'aaaab']
})

anyCutting('of several markers the one that ends first counts', {
  input: 'xabcd;yabcd;zcd',
  script: async (client) => [
    latin1(await client.readUntil(['abcd', 'bc', ';'])),
    latin1(await client.readUntil([';'])),
    latin1(await client.readUntil(['zz', 'bc'])),
    latin1(await client.readUntil(['d', 'abcd']))
  ],
  gives: ['xabc', 'd;', 'yabc', 'd']
})

anyCutting('of markers that end together the longest counts', {
  input: 'x\r\ny\nz\r\n',
  script: async (client) => {
    const options = { keepMarker: false }
    const got: (string | null)[] = []
    for (let index = 0; index < 3; index++) got.push(latin1(await client.readUntil(['\n', '\r\n'], options)))
    return got
  },
  gives: ['x', 'y', 'z']
})

anyCutting('a limit is kept to the byte', {
  input: '12345;12345;',
  script: async (client) => [
    await outcome(client.readUntil(';', { maxSize: 4 })),
    await outcome(client.readUntil(';', { maxSize: 5 })),
    await outcome(client.readUntil(['9', '5;'], { maxSize: 3 })),
    await outcome(client.readUntil(['9', '5;'], { maxSize: 4 }))
  ],
  gives: ['ERR_LIMIT', '12345;', 'ERR_LIMIT', '12345;']
})

anyCutting('a limit on a line does not count its carriage return', {
  input: '12345\r\n12345\r\n123456\n',
  script: async (client) => [
    await outcome(client.readLine({ maxSize: 4 })),
    await outcome(client.readLine({ maxSize: 5 })),
    await outcome(client.readLine({ maxSize: 6 })),
    await outcome(client.readLine({ maxSize: 5 })),
    await outcome(client.readLine({ maxSize: 6 }))
  ],
  gives: ['ERR_LIMIT', '12345', '12345', 'ERR_LIMIT', '123456']
})

anyCutting('a line ends at a line feed, with or without one carriage return', {
  input: 'a\r\nb\nc\rd\r\r\n\r\n\n\re',
  ending: 'end',
  script: (client) => all(() => client.readLine()),
  gives: ['a', 'b', 'c\rd\r', '', '', '\re']
})

anyCutting('a kept marker leaves every byte in the lines', {
  input: 'a\r\nb\n\nc',
  ending: 'end',
  script: (client) => all(() => client.readLine({ keepMarker: true })),
  gives: ['a\r\n', 'b\n', '\n', 'c']
})

anyCutting("a line of a marker of one's own keeps its carriage returns", {
  input: 'a\r\n--b\n--c\r',
  ending: 'end',
  script: (client) => all(() => client.readLine({ marker: '\n--' })),
  gives: ['a\r', 'b', 'c\r']
})

anyCutting('frames of every length prefix are read one after the other', {
  input:
    '\x01a\0\x02bb\x03\0ccc\0\0\x01d\x01\0\0e\0\0\0\x02ff\x01\0\0\0g\0\0\0\0\0\0\0\x01h\x02\0\0\0\0\0\0\0ii\x03jjj\0',
  ending: 'end',
  script: async (client) => {
    const lengths = ['u8', 'u16be', 'u16le', 'u24be', 'u24le', 'u32be', 'u32le', 'u64be', 'u64le', 'varint'] as const
    const got: (string | null)[] = []
    for (const length of lengths) got.push(latin1(await client.readFrame({ length })))
    return [...got, latin1(await client.readFrame({ length: 'u8' })), await client.readFrame({ length: 'u8' })]
  },
  gives: ['a', 'bb', 'ccc', 'd', 'e', 'ff', 'g', 'h', 'ii', 'jjj', '', null]
})

anyCutting('a varint of several bytes is one length', {
  input: Buffer.concat([
    Buffer.from([0x2c | 0x80, 0x02]),
    Buffer.alloc(300, 'x'),
    Buffer.from('\x80\x80\0\x01y', 'latin1')
  ]),
  script: async (client) => [
    (await client.readFrame({ length: 'varint' }))?.length,
    (await client.readFrame({ length: 'varint' }))?.length,
    latin1(await client.readFrame({ length: 'varint' }))
  ],
  gives: [300, 0, 'y']
})

anyCutting('characters of several bytes are decoded whole', {
  input: 'héllo wörld ✓ 😀\nпривет\n\u{FEFF}x\n',
  script: async (client) => [await client.readLine(), await client.readLine(), await client.readLine()],
  gives: ['héllo wörld ✓ 😀', 'привет', '\u{FEFF}x']
})

anyCutting('a UTF-16 line feed is found at even places alone', {
  input: Buffer.from('a\u0a00ਊ\nb\r\n\u0d0a\n', 'utf16le'),
  script: async (client) => {
    const options = { encoding: 'utf-16le' }
    return [await client.readLine(options), await client.readLine(options), await client.readLine(options)]
  },
  gives: ['a\u0a00ਊ', 'b', '\u0d0a']
})

anyCutting('a marker is not found inside a character of gbk', {
  // 0x81 0x7C and 0x81 0x40 are one character each, with `|` and `@` for their second bytes.
  input: Buffer.from('a\x81|b|c\x81@d@\x81|\x81@|', 'latin1'),
  script: async (client) => [
    await client.readLine({ encoding: 'gbk', marker: '|' }),
    await client.readLine({ encoding: 'gbk', marker: '@' }),
    await client.readLine({ encoding: 'gbk', marker: '|' })
  ],
  gives: [`a${decoded('\x81|')}b`, `c${decoded('\x81@')}d`, decoded('\x81|\x81@')]
})

anyCutting('a marker is not found inside a character of shift_jis', {
  // 表 is 0x95 0x5C, with a backslash for its second byte.
  input: Buffer.from('a\x95\\b\\\x95\\\\', 'latin1'),
  script: async (client) => {
    const options = { encoding: 'shift_jis', marker: '\\' }
    return [await client.readLine(options), await client.readLine(options)]
  },
  gives: ['a表b', '表']
})

anyCutting('a text expected is found at its first complete place', {
  input: 'one two three, four',
  script: async (client) => {
    const first = await client.expect(['three', /t\w+/, 'e two t'])
    const second = await client.expect(['zzz', /(\w)(\w)(?=,)/])
    const third = await client.expect(', ')
    return [first.index, `${first.match}`, first.before, second.index, [...second.match], second.before, third.before]
  },
  gives: [1, 'tw', 'one ', 1, ['ee', 'e', 'e'], 'o thr', '']
})

anyCutting('what is received ends at the first of marker and size', {
  input: 'ab;cdefgh;ijkl',
  ending: 'end',
  script: async (client) => {
    const got: string[] = []
    for (let reason = ''; reason !== 'end'; ) {
      const received = await client.receive({ marker: [';', 'zz'], maxSize: 4 })
      reason = received.reason
      got.push(`${reason} ${received.data}`)
    }
    return got
  },
  gives: ['marker ab;', 'size cdef', 'marker gh;', 'size ijkl', 'end ']
})

function decoded(bytes: string): string {
  return new TextDecoder('gbk').decode(Buffer.from(bytes, 'latin1'))
}
