// Replies to CONNECT that are wrong, or right and strange, by RFC 9110 and 9112: what is not a tunnel is refused with the right
// code, and what is one loses no byte. Cuts and single wrong bytes have a file of their own.

import type { Duplex } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import type { TcpError } from 'tcpull'
import { comesTo, type Expected, type Good, GREETING, Liar, PROTOCOL } from './helpers/proxy-lies'

const good: Good = { name: 'HTTP', protocol: 'http', replies: {} }

/** Each head, with the greeting behind it, comes to this. */
async function heads(
  t: ExecutionContext,
  cases: readonly (readonly [head: string, expected: Expected])[]
): Promise<void> {
  const liar = await Liar.start(t, good)
  for (const [head, expected] of cases) {
    const all = Buffer.from(head + GREETING, 'latin1')
    comesTo(
      t,
      await liar.dial('connect', (stream) => stream.end(all)),
      expected,
      liar,
      JSON.stringify(head.slice(0, 99))
    )
  }
  await liar.silentAfter(t, 'connect')
  // None has been tried again.
  t.is(liar.proxy.seen.connections, cases.length)
}

const head = (status: string, ...headers: string[]): string =>
  `HTTP/1.1 ${status}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

const refused = (reply: number, refusedBy: 'proxy' | 'target' = 'proxy') =>
  ({ code: 'ERR_PROXY_REFUSED', reply, refusedBy }) as const

test('every status of three digits', (t) => {
  const expected = (status: number): Expected => {
    // Of an interim reply the next one is still to come, and 101 is another protocol.
    if (status >= 100 && status < 200) return PROTOCOL
    if (status >= 200 && status < 300) return GREETING
    // tinyproxy says 401 of a wrong login.
    if (status === 401 || status === 407) return { code: 'ERR_PROXY_AUTH', reply: status }
    return refused(status, status >= 502 && status <= 504 ? 'target' : 'proxy')
  }
  const all = Array.from({ length: 1000 }, (_, status) => status)
  return heads(
    t,
    all.map((status) => [head(`${String(status).padStart(3, '0')} Words`), expected(status)] as const)
  )
})

test('a status that is none', (t) => {
  const statuses = [
    '2000 OK',
    '20 OK',
    '2 OK',
    ' 200 OK',
    '+20 OK',
    '-200 OK',
    '2 0 OK',
    '0x2 OK',
    '2e2 OK',
    '200OK',
    '200\tOK',
    '200.1 OK',
    '２００ OK',
    'OK',
    'OK 200',
    ''
  ]
  return heads(
    t,
    statuses.map((status) => [head(Buffer.from(status).toString('latin1')), PROTOCOL] as const)
  )
})

test('a status with every kind of reason', (t) =>
  heads(
    t,
    ['200', '200 ', '200 OK', '200  ', '200 a\tb', '200 \xe9\xff', '200 200', '299 407 Proxy', '200 :'].map(
      (status) => [head(status), GREETING] as const
    )
  ))

test('versions', (t) =>
  heads(t, [
    ['HTTP/1.0 200 OK\r\n\r\n', GREETING],
    ['HTTP/1.1 200 OK\r\n\r\n', GREETING],
    ['HTTP/1.2 200 OK\r\n\r\n', PROTOCOL],
    ['HTTP/0.9 200 OK\r\n\r\n', PROTOCOL],
    ['HTTP/2 200\r\n\r\n', PROTOCOL],
    ['HTTP/2.0 200 OK\r\n\r\n', PROTOCOL],
    ['HTTP/1 200 OK\r\n\r\n', PROTOCOL],
    ['HTTP/1.10 200 OK\r\n\r\n', PROTOCOL],
    ['http/1.1 200 OK\r\n\r\n', PROTOCOL],
    ['ICY 200 OK\r\n\r\n', PROTOCOL],
    ['RTSP/1.0 200 OK\r\n\r\n', PROTOCOL],
    [' HTTP/1.1 200 OK\r\n\r\n', PROTOCOL],
    ['\r\nHTTP/1.1 200 OK\r\n\r\n', PROTOCOL],
    ['\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n', PROTOCOL],
    ['SSH-2.0-OpenSSH_9.2\r\n', PROTOCOL],
    ['220 mail.test ESMTP\r\n', PROTOCOL],
    ['<html></html>', PROTOCOL]
  ]))

test('headers that speak of a body are not heeded with a tunnel: RFC 9110 9.3.6', (t) =>
  heads(
    t,
    [
      ['200 OK', 'Content-Length: 0'],
      ['200 OK', 'Content-Length: 6'],
      ['200 OK', 'Content-Length: 1000000'],
      ['200 OK', 'Content-Length: -1', 'Content-Length: 3'],
      ['200 OK', 'Transfer-Encoding: chunked'],
      ['200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 3'],
      ['200 OK', 'Content-Encoding: gzip', 'Connection: close'],
      ['200 OK', 'Upgrade: websocket', 'Connection: upgrade'],
      ['204 No Content'],
      ['205 Reset Content', 'Content-Length: 5'],
      ['206 Partial Content', 'Content-Range: bytes 0-5/6'],
      ['202 Accepted', 'Location: /', 'Proxy-Authenticate: Basic']
    ].map(([status = '', ...more]) => [head(status, ...more), GREETING] as const)
  ))

test('interim replies come before the last one', (t) => {
  const last = head('200 OK', 'Via: tests')
  return heads(t, [
    [head('100 Continue') + last, GREETING],
    [head('102 Processing', 'X: y') + head('103 Early Hints', 'Link: </x>') + last, GREETING],
    [head('100 Continue').repeat(20) + last, GREETING],
    [head('199') + head('403 Forbidden'), refused(403)],
    [head('100 Continue') + head('407 Login', 'Proxy-Authenticate: Basic'), { code: 'ERR_PROXY_AUTH', reply: 407 }],
    [head('100 Continue'), PROTOCOL],
    [head('101 Switching Protocols', 'Upgrade: tls') + last, PROTOCOL],
    [head('100 Continue').repeat(1000) + last, PROTOCOL]
  ])
})

test('lines that are not as RFC 9112 has them', (t) => {
  const inside = (...bytes: string[]): [string, Expected][] => bytes.map((text) => [head('200 OK', text), PROTOCOL])
  return heads(t, [
    // Line ends.
    ['HTTP/1.1 200 OK\n\n', PROTOCOL],
    ['HTTP/1.1 200 OK\n\r\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\n\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\nVia: x\n\r\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\nVia: x\r\n\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\r\n\r\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\nVia: x\r\r\n\r\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\nVia: x\ry\r\n\r\n', PROTOCOL],
    ['HTTP/1.1 200 OK\r\rVia: x\r\n\r\n', PROTOCOL],
    ['HTTP/1.1 200\r\r\n\r\n', PROTOCOL],
    // Control characters.
    ['HTTP/1.1 200 O\0K\r\n\r\n', PROTOCOL],
    ['HTTP/1.1 200 OK\0\r\n\r\n', PROTOCOL],
    ['HTTP/1.1\x100 OK\r\n\r\n', PROTOCOL],
    ...inside('Via: x\0', 'Via: \0', 'V\0ia: x', '\0', 'Via\0: x', 'Via: \x1b[31m', 'Via: \x7f', 'Via: \b\b\b'),
    // Names.
    ...inside(
      'Via',
      'no colon here',
      ': x',
      ':',
      'Via : x',
      'Via\t: x',
      'V ia: x',
      'Vi\xe4: x',
      'V(i)a: x',
      '"Via": x'
    ),
    // Lines that go on.
    ...inside('Via: x\r\n y', 'Via: x\r\n\ty', ' Via: x', '\tVia: x', 'Via: x\r\n ', ' '),
    // And what is as it has them, be it strange.
    [head('200 OK', 'Via:'), GREETING],
    [head('200 OK', 'Via:x', 'Via:  x  ', 'Via: \t'), GREETING],
    [head('200 OK', '!#$%&\'*+-.^_`|~0: \xff:\x80;,"'), GREETING],
    [head('200 OK', ...Array<string>(500).fill('X: y')), GREETING]
  ])
})

test('a head of up to 16 KiB, interim replies included, and not a byte more', async (t) => {
  const MOST = 16 * 1024
  const filled = (size: number, before: string, after: string): string =>
    before + 'x'.repeat(size - before.length - after.length) + after
  const shapes: ((size: number) => string)[] = [
    (size) => filled(size, 'HTTP/1.1 200 ', '\r\n\r\n'),
    (size) => filled(size, 'HTTP/1.1 200 OK\r\nVia: ', '\r\n\r\n'),
    (size) => filled(size, 'HTTP/1.1 200 OK\r\n', ':\r\n\r\n'),
    (size) => filled(size, 'HTTP/1.1 100 OK\r\nVia: ', `\r\n\r\n${head('200 OK')}`),
    (size) => filled(size, `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(2000)}Via: `, '\r\n\r\n')
  ]
  for (const shape of shapes) {
    await heads(t, [
      [shape(MOST), GREETING],
      [shape(MOST - 1), GREETING],
      [shape(MOST + 1), PROTOCOL],
      [shape(1_000_000), PROTOCOL]
    ])
  }
})

const FLOODS: Record<string, [begin: string, more: string]> = {
  'of a reason': ['HTTP/1.1 200 ', 'x'],
  'of a name': ['HTTP/1.1 200 OK\r\n', 'x'],
  'of a value': ['HTTP/1.1 200 OK\r\nVia: ', 'x'],
  'of headers': ['HTTP/1.1 200 OK\r\n', 'X: y\r\n'],
  'of interim replies': ['', head('100 Continue')],
  'of a refusal': ['HTTP/1.1 407 No\r\n', 'Proxy-Authenticate: Basic\r\n']
}

/** Sends the same over and over until the client is gone; gives how much was taken meanwhile. */
function pour(stream: Duplex, piece: Buffer): { bytes: number } {
  const state = { bytes: 0 }
  const next = (): void => {
    stream.write(piece, (error) => {
      if (error) return
      state.bytes += piece.length
      next()
    })
  }
  next()
  return state
}

for (const [what, [begin, more]] of Object.entries(FLOODS)) {
  for (const protocol of ['http', 'https'] as const) {
    test(`${protocol}: an endless flood ${what} is refused`, async (t) => {
      const liar = await Liar.start(t, { ...good, protocol })
      let poured = { bytes: 0 }
      const outcome = await liar.dial('connect', (stream) => {
        stream.write(begin)
        poured = pour(stream, Buffer.from(more.repeat(Math.ceil(4096 / more.length))))
      })
      comesTo(t, outcome, PROTOCOL, liar)
      t.regex((outcome as TcpError).message, /longer than 16384 bytes/)
      await liar.silentAfter(t, 'connect')
      // What its buffers and the system's hold, which is far from endless.
      t.true(poured.bytes < 64 * 1024 * 1024, `${poured.bytes} bytes`)
    })
  }
}

test('a login that is wanted, with all that is offered', async (t) => {
  const offered = 'Proxy-Authenticate'
  const cases: [headers: string[], told: RegExp][] = [
    [[], /wants a login: HTTP status 407, Words$/],
    [[`${offered}: Basic realm="x"`], /; it offers Basic$/],
    [[`${offered}: Negotiate`, `${offered.toLowerCase()}: NTLM`], /; it offers Negotiate, NTLM$/],
    [
      [`${offered}: Basic realm="a, Digest b", Digest nonce="x\\"", qop=auth, NTLM`],
      /; it offers Basic, Digest, NTLM$/
    ],
    [[`${offered}: basic`, `${offered}: BASIC`], /; it offers basic$/],
    [[`${offered}: \x80\xff, ${'x'.repeat(200)}`], /Words$/],
    [['WWW-Authenticate: Basic'], /Words$/]
  ]
  for (const [headers, told] of cases) {
    const liar = await Liar.start(t, good)
    const all = Buffer.from(head('407 Words', ...headers), 'latin1')
    const outcome = await liar.dial('connect', (stream) => stream.write(all))
    comesTo(t, outcome, { code: 'ERR_PROXY_AUTH', reply: 407 }, liar)
    t.regex((outcome as TcpError).message, told)
    t.is(liar.proxy.seen.connections, 1)
  }
})

test('the words of a proxy are quoted short, and without what a terminal would obey', async (t) => {
  const liar = await Liar.start(t, good)
  for (const words of ['\x80\x9b31m', '\xff'.repeat(5000), 'a'.repeat(5000), '\t\t', 'back\\slash', '%s%n', '\u2028']) {
    const all = Buffer.from(head(`403 ${words}`), 'latin1')
    const outcome = (await liar.dial('connect', (stream) => stream.write(all))) as TcpError
    comesTo(t, outcome, refused(403), liar)
    t.regex(outcome.message, /^[\x20-\x7e]{1,300}$/)
  }
})
