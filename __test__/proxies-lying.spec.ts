// Proxies whose answers are cut, slow, or wrong in one byte, in every protocol: each dial ends with the right code, without a byte
// for the target, or goes on without one lost. What is peculiar to HTTP and to SOCKS has files of its own.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { connect, type ProxyOptions, type TcpError } from 'tcpull'
import { fails } from './helpers/failures'
import { flood, MORE_THAN_FITS, turns } from './helpers/peer'
import { comesTo, type Expected, type Good, GREETING, goods, goodsOverTls, Liar, PROTOCOL } from './helpers/proxy-lies'
import type { Stage } from './helpers/proxy-speech'
import { PROXY_HOST, protocols, proxyOf, proxyTls } from './helpers/scripted-proxies'
import { toLoopback } from './helpers/tls-cases'

const stagesOf = ({ replies }: Good): [Stage, Buffer][] => Object.entries(replies) as [Stage, Buffer][]

/** The greeting belongs behind the last answer alone. */
const whole = (stage: Stage, bytes: Buffer): Buffer =>
  stage === 'connect' ? Buffer.concat([bytes, Buffer.from(GREETING)]) : bytes

const finish = (stream: Duplex, stage: Stage): unknown => (stage === 'connect' ? stream.end() : undefined)

for (const good of [...goods, ...goodsOverTls]) {
  test(`${good.name}: an answer that ends after any of its bytes`, async (t) => {
    for (const [stage, bytes] of stagesOf(good)) {
      const liar = await Liar.start(t, good)
      for (let size = 0; size < bytes.length; size++) {
        const outcome = await liar.dial(stage, (stream) => stream.end(bytes.subarray(0, size)))
        comesTo(t, outcome, PROTOCOL, liar, `${stage} of ${size} bytes`)
      }
      await liar.silentAfter(t, stage)
    }
  })

  test(`${good.name}: an answer in two pieces, cut at any byte`, async (t) => {
    for (const [stage, bytes] of stagesOf(good)) {
      const liar = await Liar.start(t, good)
      const all = whole(stage, bytes)
      for (let size = 1; size < all.length; size++) {
        const outcome = await liar.dial(stage, async (stream) => {
          stream.write(all.subarray(0, size))
          await turns(3)
          stream.write(all.subarray(size))
          finish(stream, stage)
        })
        comesTo(t, outcome, GREETING, liar, `${stage} cut after ${size} bytes`)
      }
    }
  })

  test(`${good.name}: all answers byte by byte`, async (t) => {
    for (const [stage, bytes] of stagesOf(good)) {
      const liar = await Liar.start(t, good)
      const outcome = await liar.dial(stage, async (stream) => {
        for (const byte of whole(stage, bytes)) {
          stream.write(Buffer.from([byte]))
          await turns(3)
        }
        finish(stream, stage)
      })
      comesTo(t, outcome, GREETING, liar, stage)
    }
  })

  test(`${good.name}: silence, until the time is over or the signal says so`, async (t) => {
    for (const [stage, bytes] of stagesOf(good)) {
      for (const size of [0, bytes.length - 1]) {
        const silent = (stream: Duplex): unknown => stream.write(bytes.subarray(0, size))
        const liar = await Liar.start(t, good, { timeout: 60 })
        const timedOut = (await liar.dial(stage, silent)) as TcpError
        comesTo(t, timedOut, { code: 'ETIMEDOUT' }, liar, `${stage} after ${size} bytes`)
        t.is(timedOut.name, 'TimeoutError')
        await liar.silentAfter(t, stage)

        const abort = new AbortController()
        const patient = await Liar.start(t, good, { signal: abort.signal })
        const aborted = (await patient.dial(stage, async (stream) => {
          silent(stream)
          await turns(5)
          abort.abort('why')
        })) as TcpError
        t.like(aborted, { name: 'AbortError', code: 'ABORT_ERR', cause: 'why' })
        await patient.silentAfter(t, stage)
      }
    }
  })

  test(`${good.name}: a flood of the target behind the answer waits for its reader`, async (t) => {
    let state = { taken: 0 }
    const proxy = await proxyOf(t, good.protocol, {
      ...(good.login && { login: good.login }),
      serve: (stream) => {
        state = flood(stream as Socket, MORE_THAN_FITS)
      }
    })
    const client = await connect('name.test:7', { lookup: toLoopback, timeout: 0, proxy: proxy.option })
    t.is(String(await client.readExactly(10)), 'x'.repeat(10))
    await turns(50)
    t.true(state.taken < MORE_THAN_FITS)
    client.destroy()
  })
}

for (const good of goods) {
  test(`${good.name}: a reset in the middle of an answer`, async (t) => {
    for (const [stage, bytes] of stagesOf(good)) {
      const liar = await Liar.start(t, good)
      for (const size of new Set([0, 1, bytes.length >> 1, bytes.length - 1])) {
        const outcome = await liar.dial(stage, async (stream) => {
          if (size > 0) stream.write(bytes.subarray(0, size))
          await turns(3)
          ;(stream as Socket).resetAndDestroy()
        })
        comesTo(t, outcome, { code: 'ECONNRESET' }, liar, `${stage} after ${size} bytes`)
      }
      await liar.silentAfter(t, stage)
    }
  })
}

/** Each byte of an answer in place of which another one comes, and what is to come of it. */
type Judge = (bytes: Buffer, stage: Stage) => Expected

async function replaced(t: ExecutionContext, good: Good, values: readonly number[], judge: Judge): Promise<void> {
  for (const [stage, bytes] of stagesOf(good)) {
    for (let at = 0; at < bytes.length; at++) {
      const liar = await Liar.start(t, good)
      let isAlwaysWrong = true
      for (const value of values) {
        if (value === bytes[at]) continue
        const spoilt = Buffer.from(bytes)
        spoilt[at] = value
        const expected = judge(spoilt, stage)
        const outcome = await liar.dial(stage, (stream) => {
          stream.write(whole(stage, spoilt))
          finish(stream, stage)
        })
        isAlwaysWrong &&= typeof expected !== 'string'
        comesTo(t, outcome, expected, liar, `${stage} with ${value} at ${at}`)
      }
      if (isAlwaysWrong) await liar.silentAfter(t, stage)
    }
  }
}

const EVERY = Array.from({ length: 256 }, (_, value) => value)

/** SOCKS4's replies by openssh.com/txt/socks4.protocol. */
const socks4: Judge = ([version, code = 0]) => {
  if (version !== 0) return PROTOCOL
  if (code === 90) return GREETING
  if (code === 92 || code === 93) return { code: 'ERR_PROXY_AUTH', reply: code }
  return { code: 'ERR_PROXY_REFUSED', reply: code, refusedBy: 'proxy' }
}

/** What RFC 1928 says of the target, and not of the proxy. */
const OF_TARGET = [3, 4, 5, 6]

/** SOCKS5's replies by RFC 1928 and 1929. */
const socks5 =
  (hasLogin: boolean): Judge =>
  (bytes, stage) => {
    const [version, code = 0, reserved, type, length = 0] = bytes
    if (stage === 'login') {
      // Some proxies answer with the version of SOCKS.
      if (version !== 1 && version !== 5) return PROTOCOL
      return code === 0 ? GREETING : { code: 'ERR_PROXY_AUTH', reply: code }
    }
    if (version !== 5) return PROTOCOL
    if (stage === 'method') {
      if (code === 255) return { code: 'ERR_PROXY_AUTH', reply: 255 }
      return code === 0 || (hasLogin && code === 2) ? GREETING : PROTOCOL
    }
    if (code !== 0) {
      return { code: 'ERR_PROXY_REFUSED', reply: code, refusedBy: OF_TARGET.includes(code) ? 'target' : 'proxy' }
    }
    const sizes: Record<number, number> = { 1: 10, 3: 7 + length, 4: 22 }
    const size = sizes[type ?? 0]
    const all = whole(stage, bytes)
    return reserved !== 0 || size === undefined || size > all.length ? PROTOCOL : all.toString('latin1', size)
  }

/** HTTP's by RFC 9112; text in it may be of high bytes. */
const http: Judge = (bytes, stage) => {
  const text = '[\\t\\x20-\\x7e\\x80-\\xff]*'
  const head = new RegExp(`^HTTP/1\\.[01] (\\d{3})(?: ${text})?\\r\\n(?:[!#-'*+.^-z|~\\w-]+:${text}\\r\\n)*\\r\\n`)
  const all = whole(stage, bytes).toString('latin1')
  const [found = '', digits] = head.exec(all) ?? []
  const status = Number(digits)
  // Behind an interim reply the greeting is no other one.
  if (digits === undefined || (status >= 100 && status < 200)) return PROTOCOL
  if (status >= 200 && status < 300) return all.slice(found.length)
  const refusedBy = status >= 502 && status <= 504 ? 'target' : 'proxy'
  return { code: 'ERR_PROXY_REFUSED', reply: status, refusedBy }
}

for (const good of goods.filter(({ protocol }) => protocol.startsWith('socks'))) {
  test(`${good.name}: every byte of every answer in all its other values`, (t) =>
    replaced(t, good, EVERY, good.protocol === 'socks4' ? socks4 : socks5(good.login !== undefined)))
}

const SAMPLE = [0, 1, 9, 10, 11, 13, 31, ...Buffer.from(' !"(/0129:;@A[az{~'), 127, 128, 160, 255]

for (const good of goods.filter(({ protocol }) => protocol === 'http')) {
  test(`${good.name}: every byte of the answer in other values`, (t) => replaced(t, good, SAMPLE, http))
}

test('what is said before it is asked for is kept for its time', async (t) => {
  const good = goods[4] as Good
  const { method, login, connect: last } = good.replies as Record<Stage, Buffer>
  const liar = await Liar.start(t, good)
  const all = Buffer.concat([method, login, last, Buffer.from(GREETING)])
  const proxy = await proxyOf(t, 'socks5h', {
    login: ['user', 'password'],
    serve: () => {},
    answer: ({ stage, stream }) => (stage === 'method' ? stream.write(all) : stage === 'connect' && stream.end())
  })
  const client = await connect('name.test:7', { lookup: toLoopback, timeout: 0, proxy: proxy.option })
  t.is(String(await client.readAll()), GREETING)
  client.destroy()
  // And what is none of it is not taken for it.
  const outcome = await liar.dial('method', (stream) => stream.write(Buffer.concat([method, Buffer.from('x')])))
  comesTo(t, outcome, PROTOCOL, liar)
})

test('a connection over TLS that ends without its goodbye in the middle of an answer', async (t) => {
  for (const good of goodsOverTls) {
    for (const [stage, bytes] of stagesOf(good)) {
      const liar = await Liar.start(t, good)
      const outcome = await liar.dial(stage, async (stream) => {
        stream.write(bytes.subarray(0, -1))
        await turns(3)
        stream.destroy()
      })
      comesTo(t, outcome, { code: 'ERR_TLS_TRUNCATED' }, liar, stage)
      await liar.silentAfter(t, stage)
    }
  }
})

test('a proxy that speaks another protocol', async (t) => {
  const spoken = ['http', 'https', 'socks4', 'socks5', 'socks5+tls'] as const
  for (const protocol of spoken) {
    const proxy = await proxyOf(t, protocol)
    for (const meant of ['http', 'https', 'socks4a', 'socks5h', 'socks4+tls', 'socks5h+tls'] as const) {
      if (
        protocols[meant].speech === protocols[protocol].speech &&
        protocols[meant].secure === protocols[protocol].secure
      )
        continue
      // TLS waits for two more bytes than SOCKS5 begins with.
      const isDeadlock = protocols[protocol].secure && meant === 'socks5h'
      const option: ProxyOptions = { protocol: meant, host: PROXY_HOST, port: proxy.port }
      if (protocols[meant].secure) option.tls = proxyTls()
      const timeout = isDeadlock ? 60 : 0
      const dialling = connect('name.test:7', { lookup: toLoopback, timeout, proxy: option })
      const { code, message } = await fails(t, dialling, { phase: 'proxy' })
      const codes = isDeadlock ? /^ETIMEDOUT$/ : /^(ERR_PROXY_PROTOCOL|ERR_SSL_WRONG_VERSION_NUMBER|ERR_TLS_TRUNCATED)$/
      t.regex(code, codes, `${meant} for ${protocol}: ${message}`)
    }
    await proxy.settled()
    t.deepEqual([proxy.seen.asked, proxy.seen.logins], [[], []])
  }
})
