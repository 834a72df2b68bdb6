// Answers of SOCKS that are peculiar to it: refusals and their numbers, addresses of every kind and length, methods, and logins.
// Cuts and single wrong bytes have a file of their own.

import test from 'ava'
import type { TcpError } from 'tcpull'
import { comesTo, type Good, GREETING, Liar, PROTOCOL } from './helpers/proxy-lies'

const four: Good = { name: 'SOCKS4', protocol: 'socks4a', replies: {} }
const five: Good = { name: 'SOCKS5', protocol: 'socks5h', replies: {} }
const login: Good = { ...five, login: ['user', 'password'] }

test('a SOCKS5 reply with a name of every length loses no byte behind it', async (t) => {
  const liar = await Liar.start(t, five)
  for (let length = 0; length < 256; length++) {
    // The name looks like the greeting, so that a byte too few or too many shows.
    const name = Buffer.alloc(length, GREETING)
    const reply = Buffer.concat([Buffer.from([5, 0, 0, 3, length]), name, Buffer.from([0, 80]), Buffer.from(GREETING)])
    comesTo(t, await liar.dial('connect', (stream) => stream.end(reply)), GREETING, liar, `${length} bytes`)
  }
})

test('a SOCKS5 reply with a name of 255 bytes that ends after any of them', async (t) => {
  const liar = await Liar.start(t, five)
  const reply = Buffer.from([5, 0, 0, 3, 255, ...Array<number>(255).fill(97), 0, 80])
  for (let size = 0; size < reply.length; size++) {
    const outcome = await liar.dial('connect', (stream) => stream.end(reply.subarray(0, size)))
    comesTo(t, outcome, PROTOCOL, liar, `${size} bytes`)
  }
  await liar.silentAfter(t, 'connect')
})

test('a SOCKS5 reply with an address of any bytes', async (t) => {
  const liar = await Liar.start(t, five)
  for (const [type, size] of [
    [1, 4],
    [4, 16]
  ] as const) {
    for (const byte of [0, 5, 10, 13, 255]) {
      const bytes = [5, 0, 0, type, ...Array<number>(size + 2).fill(byte), ...Buffer.from(GREETING)]
      comesTo(t, await liar.dial('connect', (stream) => stream.end(Buffer.from(bytes))), GREETING, liar)
    }
  }
})

/** RFC 1928 section 6, and whose doing it is. */
const REPLIES: [number: number, by: 'proxy' | 'target', meaning: RegExp][] = [
  [1, 'proxy', /general failure/],
  [2, 'proxy', /not allowed/],
  [3, 'target', /network unreachable/],
  [4, 'target', /host unreachable/],
  [5, 'target', /connection refused/],
  [6, 'target', /time to live|TTL/i],
  [7, 'proxy', /command not supported/],
  [8, 'proxy', /address type not supported/],
  [9, 'proxy', /not assigned/],
  [0x5b, 'proxy', /not assigned/],
  [255, 'proxy', /not assigned/]
]

test('every refusal of SOCKS5, with its address or without, with something behind it or nothing', async (t) => {
  const liar = await Liar.start(t, five)
  for (const [reply, refusedBy, meaning] of REPLIES) {
    const bytes = Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0, ...Buffer.from(GREETING)])
    for (let size = 2; size <= bytes.length; size++) {
      const answer = bytes.subarray(0, size)
      // It is not waited for more, and what comes is not read as anything else.
      const waiting = await liar.dial('connect', (stream) => stream.write(answer))
      comesTo(t, waiting, { code: 'ERR_PROXY_REFUSED', reply, refusedBy }, liar, `${size} bytes of ${reply}`)
      t.regex((waiting as TcpError).message, meaning)
      t.true((waiting as TcpError).message.includes(`SOCKS5 reply ${reply}`))
    }
  }
  await liar.silentAfter(t, 'connect')
})

test('every refusal of SOCKS4, with the bytes that are to be ignored or without', async (t) => {
  const liar = await Liar.start(t, four)
  for (const [reply, expected] of [
    [91, { code: 'ERR_PROXY_REFUSED', refusedBy: 'proxy' }],
    [92, { code: 'ERR_PROXY_AUTH' }],
    [93, { code: 'ERR_PROXY_AUTH' }],
    [0, { code: 'ERR_PROXY_REFUSED', refusedBy: 'proxy' }]
  ] as const) {
    const bytes = Buffer.from([0, reply, 0, 0, 0, 0, 0, 0, ...Buffer.from(GREETING)])
    for (let size = 2; size <= bytes.length; size++) {
      const outcome = await liar.dial('connect', (stream) => stream.write(bytes.subarray(0, size)))
      comesTo(t, outcome, { ...expected, reply }, liar, `${size} bytes of ${reply}`)
    }
  }
  await liar.silentAfter(t, 'connect')
})

test('a method of SOCKS5 that was not offered gets neither login nor request', async (t) => {
  for (const [good, methods] of [
    [five, [1, 2, 3, 9, 128, 254]],
    [login, [1, 3, 9, 128, 254]]
  ] as const) {
    const liar = await Liar.start(t, good)
    for (const method of methods) {
      comesTo(t, await liar.dial('method', (stream) => stream.write(Buffer.from([5, method]))), PROTOCOL, liar)
    }
    const none = await liar.dial('method', (stream) => stream.write(Buffer.from([5, 255])))
    comesTo(t, none, { code: 'ERR_PROXY_AUTH', reply: 255 }, liar)
    t.regex((none as TcpError).message, good === login ? /does not accept the login/ : /wants a login/)
    await liar.silentAfter(t, 'method')
  }
})

test('a login of SOCKS5 is not told to a proxy that does not ask for it', async (t) => {
  const liar = await Liar.start(t, login)
  comesTo(t, await liar.dial('method', (stream) => stream.write(Buffer.from([5, 0]))), GREETING, liar)
  t.deepEqual(liar.proxy.seen.logins, [])
})

test('a login of SOCKS5 that is refused is told once, and no request follows', async (t) => {
  const liar = await Liar.start(t, login)
  for (const status of [1, 2, 255]) {
    const outcome = await liar.dial('login', (stream) => stream.write(Buffer.from([1, status])))
    comesTo(t, outcome, { code: 'ERR_PROXY_AUTH', reply: status }, liar)
  }
  await liar.silentAfter(t, 'login')
  t.is(liar.proxy.seen.logins.length, 3)
  t.is(liar.proxy.seen.connections, 3)
})

test('a second answer in place of the next one is judged as that', async (t) => {
  const liar = await Liar.start(t, five)
  for (const [bytes, expected] of [
    [[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0], ''],
    [[5, 0, 5, 1], { code: 'ERR_PROXY_REFUSED', reply: 1, refusedBy: 'proxy' }],
    [[5, 0, 0, 90, 0, 0, 0, 0, 0, 0], PROTOCOL],
    [[5, 0, ...Buffer.from('HTTP/1.1 200 OK\r\n\r\n')], PROTOCOL]
  ] as const) {
    comesTo(t, await liar.dial('method', (stream) => stream.end(Buffer.from(bytes))), expected, liar, String(bytes))
  }
})
