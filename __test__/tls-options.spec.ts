// Checking that is never switched off by accident: whatever the value of an option, short of the literal that says so, the
// connection is not made and no byte of the application leaves. Which values are refused outright, other tests know.

import type { TlsOptions as ServerOptions } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { type ConnectOptions, connect, type TcpClient, type TlsOptions } from 'tcpull'
import { root, site } from './helpers/authorities'
import { type Certificate, dns, keys } from './helpers/certificates'
import { fails, within } from './helpers/failures'
import { accepts, type Dial, exchange, isPlainFirst, toLoopback, ways } from './helpers/tls-cases'
import { type TlsPeer, tlsPeer } from './helpers/tls-peers'

const NOTHINGS: readonly unknown[] = [undefined, null, 0, '', [], {}]
const SHOWN = 'undefined, null, 0, an empty string, [] and {}'

/** Every option, with what is tried beside the nothings. */
const OPTIONS: Record<keyof TlsOptions, readonly unknown[]> = {
  ca: [[undefined], [null], [''], [[]], new Uint8Array(0), false, true],
  caOnly: ['', 'false', 'true', 1, NaN],
  cert: [false, new Uint8Array(0), [undefined]],
  key: [false, new Uint8Array(0), [undefined]],
  passphrase: [false, new Uint8Array(0)],
  servername: [false, '.', ' ', '*', '\0', 'name.test\0', ['name.test']],
  ALPNProtocols: [false, [''], [undefined], [null], 'h2'],
  // The falsy and what others take for false; `Object(false)` is true where it is asked as a condition.
  rejectUnauthorized: [
    NaN,
    -0,
    0n,
    'false',
    'no',
    'off',
    '0',
    1,
    Object(false),
    () => false,
    [false],
    { valueOf: () => false }
  ],
  minVersion: [false, 'TLSv1', 'TLSv1.1', 'SSLv3', 1, 'TLSv1.2 ', ['TLSv1.2']],
  maxVersion: [false, 'TLSv1', 'TLSv1.1', 'SSLv3', 1, 'TLSv1.3 ', ['TLSv1.3']],
  pin: [false, [''], [undefined], [null], '*', ['*']],
  session: ['', 'false', 1, NaN],
  keylog: [false, 1, [undefined]]
}

interface Untrusted {
  code: string
  tls: TlsOptions
  start: (t: ExecutionContext) => Promise<TlsPeer>
}

function start(leaf: () => Certificate, more: ServerOptions = {}): Untrusted['start'] {
  return (t) => {
    const { pem, key } = leaf()
    return tlsPeer(t, { cert: pem, key, ...more })
  }
}

const selfSigned = () => site({ issuedBy: { subject: 'name.test', keys: keys() } })

/** Each of these is refused for one reason, so that each check is seen to stay on. */
const UNTRUSTED: Record<string, Untrusted> = {
  'that nobody vouches for': { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', tls: {}, start: start(selfSigned) },
  'of another name': {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    tls: { ca: root().pem, caOnly: true },
    start: start(() => site({ names: [dns('other.test')] }))
  },
  'of old TLS': {
    code: 'ERR_SSL_UNSUPPORTED_PROTOCOL',
    tls: { ca: root().pem, caOnly: true },
    start: start(site, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
  }
}

/** It is refused before any I/O, with a `TypeError` that names the option, or by the certificate; gives whether the latter. */
async function neverMade(
  t: ExecutionContext,
  dialling: Promise<TcpClient>,
  name: string,
  code: string
): Promise<boolean> {
  const error = (await t.throwsAsync(within(exchange(dialling)), { any: true })) as Error & { code?: string }
  if (error instanceof TypeError) {
    t.regex(error.code ?? '', /^ERR_INVALID_ARG_(TYPE|VALUE)$/, error.message)
    t.true(error.message.startsWith(name), error.message)
    return false
  }
  t.is(error.code, code, error.message)
  return true
}

async function nothingSent(t: ExecutionContext, { seen, settled }: TlsPeer, connections: number): Promise<void> {
  await settled()
  t.deepEqual(seen, { connections, handshakes: 0, bytes: 0 })
}

/** Dials with every value of every option. */
async function everything(
  t: ExecutionContext,
  untrusted: Untrusted,
  dial: Dial,
  connectsFirst: boolean
): Promise<void> {
  const { code, tls, start } = untrusted
  const peer = await start(t)
  const address = { host: 'name.test', port: peer.port }
  let dialled = 0
  let handshakes = 0
  for (const [option, more] of Object.entries(OPTIONS)) {
    for (const value of [...NOTHINGS, ...more]) {
      const dialling = dial(address, { ...tls, [option]: value } as TlsOptions)
      // To trust `ca` alone needs one.
      const name = option === 'ca' && tls.caOnly ? 'options.tls.ca' : `options.tls.${option}`
      dialled++
      if (await neverMade(t, dialling, name, code)) handshakes++
    }
  }
  await nothingSent(t, peer, connectsFirst ? dialled : handshakes)
}

for (const [way, dial] of Object.entries(ways)) {
  for (const [kind, untrusted] of Object.entries(UNTRUSTED)) {
    test(`no value of any option makes a server ${kind} acceptable, ${way}`, (t) =>
      everything(t, untrusted, dial, isPlainFirst(way)))
  }
}

const CODE = 'DEPTH_ZERO_SELF_SIGNED_CERT'

test(`tls as ${SHOWN} is never less than TLS where it is asked for`, async (t) => {
  const peer = await start(selfSigned)(t)
  const { port } = peer
  const dial = (address: Parameters<typeof connect>[0], tls: unknown) =>
    connect(address, { lookup: toLoopback, tls } as ConnectOptions)
  let handshakes = 0
  for (const tls of [...NOTHINGS, false, NaN, 1, 'no', () => {}]) {
    const dialling = dial(`tls://name.test:${port}`, tls)
    // An address of TLS without TLS is a contradiction.
    if (await neverMade(t, dialling, tls === false ? '' : 'options.tls ', CODE)) handshakes++
  }
  for (const tls of [null, 0, '', [], {}, true, NaN, 1, 'no', () => {}]) {
    if (await neverMade(t, dial({ host: 'name.test', port }, tls), 'options.tls ', CODE)) handshakes++
  }
  await nothingSent(t, peer, handshakes)
})

test(`startTls with ${SHOWN} checks as ever`, async (t) => {
  const peer = await start(selfSigned)(t)
  for (const options of [...NOTHINGS, false, NaN, 'no']) {
    const client = await connect({ host: 'name.test', port: peer.port }, { lookup: toLoopback })
    const upgrading = client.startTls(options as TlsOptions).then(() => client)
    await neverMade(t, upgrading, 'options', CODE)
    t.false(client.encrypted)
    client.destroy()
  }
  await nothingSent(t, peer, NOTHINGS.length + 3)
})

test.serial("Node's own switch for all connections is not ours", async (t) => {
  const peer = await start(selfSigned)(t)
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    for (const dial of Object.values(ways)) {
      await fails(t, exchange(dial({ host: 'name.test', port: peer.port }, {})), { code: CODE, phase: 'tls' })
    }
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
  await nothingSent(t, peer, Object.keys(ways).length)
})

test('only the literal false accepts any certificate and name, and still no old TLS', async (t) => {
  for (const dial of Object.values(ways)) {
    for (const [kind, { tls, start, code }] of Object.entries(UNTRUSTED)) {
      const open: TlsOptions = { ...tls, rejectUnauthorized: false }
      if (kind !== 'of old TLS') {
        await accepts(t, { name: kind, host: 'name.test', tls: () => open, server: start }, dial)
        continue
      }
      const { port } = await start(t)
      await fails(t, exchange(dial({ host: 'name.test', port }, open)), { code, phase: 'tls' })
    }
  }
})
