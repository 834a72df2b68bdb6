// Handshakes with OpenSSL's server: versions, ciphers, groups, client certificates, sessions, protocols, names. Both ends have
// to say the same of what was agreed. Knows nothing of what is done with the connection afterwards.

import type { ExecutionContext } from 'ava'
import type { TcpClient } from 'tcpull'
import { root, site, strangeRoot } from './helpers/authorities'
import { dns, keys } from './helpers/certificates'
import { dial } from './helpers/dialling'
import { fails } from './helpers/failures'
import { type Launch, launching, type Run } from './helpers/real-tests'
import { certificates } from './helpers/servers'

/** A test that starts OpenSSL's server. */
const openssl = (title: string, run: Run) => launching('openssl', title, run)

const versions = { '1.2': '-tls1_2', '1.3': '-tls1_3' } as const

/** What the server makes of a line, in the mode in which it reverses each. */
async function answers(t: ExecutionContext, client: TcpClient): Promise<void> {
  t.is(await client.request('A line, reversed\n', { line: true }), 'desrever ,enil A')
}

/** OpenSSL's name, ours, and the kind of key that the server has. */
const ciphers = [
  ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'p256'],
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384', 'p384'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'rsa2048'],
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'p256'],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'p384'],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ed25519'],
  ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'rsa2048'],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'rsa2048'],
  ['ECDHE-RSA-CHACHA20-POLY1305', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'rsa2048']
] as const

for (const [theirs, ours, kind] of ciphers) {
  openssl(`${ours} is agreed on with a server that has nothing else`, async (t, launch) => {
    const protocol = theirs.startsWith('TLS') ? 'TLSv1.3' : 'TLSv1.2'
    const only = protocol === 'TLSv1.3' ? [versions['1.3'], '-ciphersuites'] : [versions['1.2'], '-cipher']
    const server = await launch(['-rev', ...only, theirs], (host) => certificates(host, { keys: keys(kind) }))
    const client = await dial(server)
    t.like(client.tls, { protocol, cipher: ours, resumed: false })
    await answers(t, client)
    t.is((await server.process.prints(/Protocol version: (.*)/))[1], protocol)
    t.is((await server.process.prints(/Ciphersuite: (.*)/))[1], theirs)
    await client.close()
  })
}

const groups = { X25519: 'X25519', 'P-256': 'secp256r1', 'P-384': 'secp384r1' }

for (const [version, only] of Object.entries(versions)) {
  for (const [theirs, ours] of Object.entries(groups)) {
    openssl(`${ours} is agreed on in TLS ${version} with a server that has nothing else`, async (t, launch) => {
      const server = await launch(['-rev', only, '-groups', theirs])
      const client = await dial(server)
      t.like(client.tls, { protocol: `TLSv${version}`, group: ours })
      await answers(t, client)
      await client.close()
    })
  }
}

openssl('X25519MLKEM768 is agreed on with a server that knows it', async (t, launch) => {
  const launched = launch(['-rev', '-groups', 'X25519MLKEM768'])
  // OpenSSL before 3.5 does not start with it.
  const server = await launched.catch(({ message }) => void t.regex(message, /'X25519MLKEM768' cannot be set/))
  if (server === undefined) return
  const client = await dial(server)
  t.is(client.tls?.group, 'X25519MLKEM768')
  await answers(t, client)
  await client.close()
})

openssl('a group that no key was sent for costs a second hello, once', async (t, launch) => {
  const server = await launch(['-msg', versions['1.3'], '-groups', 'P-384'])
  for (const hellos of [2, 3]) {
    const client = await dial(server)
    t.is(client.tls?.group, 'secp384r1')
    // It prints what it has to say together with what it is sent.
    await client.write(`hello ${hellos}\n`)
    await server.process.prints(new RegExp(`^hello ${hellos}$`, 'm'))
    await client.close()
    t.is(server.process.printed.match(/, ClientHello$/gm)?.length, hellos)
  }
})

for (const version of ['1.0', '1.1']) {
  openssl(`a server that only speaks TLS ${version} is told apart`, async (t, launch) => {
    const server = await launch([`-tls${version.replace('.0', '').replace('.', '_')}`, '-cipher', 'ALL:@SECLEVEL=0'])
    await fails(t, dial(server), { code: 'ERR_SSL_UNSUPPORTED_PROTOCOL', phase: 'tls' })
  })
}

openssl('a version that the options do not allow is not agreed on', async (t, launch) => {
  const [older, newer] = [await launch(['-rev', versions['1.2']]), await launch(['-rev', versions['1.3']])]
  const refused = { code: 'ERR_SSL_UNSUPPORTED_PROTOCOL', phase: 'tls' } as const
  await fails(t, dial(older, { minVersion: 'TLSv1.3' }), refused)
  await fails(t, dial(newer, { maxVersion: 'TLSv1.2' }), refused)
})

openssl('the name that is asked for chooses the certificate', async (t, launch) => {
  const other = site({ subject: 'Another site', names: [dns('other.test')] })
  const server = await launch(
    ['-rev', '-servername', 'other.test', '-servername_fatal', '-cert2', 'cert2.pem', '-key2', 'key2.pem'],
    () => ({ 'cert2.pem': other.pem, 'key2.pem': other.key })
  )
  const client = await dial(server, { servername: 'other.test' })
  t.is(client.tls?.certificates[0]?.pem, other.pem)
  await answers(t, client)
  await client.close()
})

openssl('the certificates are described as they were sent', async (t, launch) => {
  let files: Record<string, string> = {}
  const server = await launch(['-rev', '-cert_chain', 'root.pem'], (host) => {
    files = certificates(host)
    return files
  })
  const client = await dial(server)
  const [leaf, authority, ...more] = client.tls?.certificates ?? []
  t.like(leaf, { subject: 'CN=The server', names: ['*.name.test', server.host] })
  t.deepEqual([leaf?.issuer, authority?.subject, more.length], [authority?.subject, authority?.issuer, 0])
  t.is(leaf?.pem, files['chain.pem'])
  t.deepEqual(authority?.raw, root().raw)
  await client.close()
})

/** A certificate for a client of the server that knows our root. */
const me = (issuedBy = root()) => {
  const { pem, key } = site({ subject: 'The client', names: [], purposes: ['client'], issuedBy })
  return { cert: pem, key }
}

const demanding = (launch: Launch, only: string) =>
  launch(['-rev', only, '-Verify', '3', '-verify_return_error', '-CAfile', 'root.pem'])

for (const [version, only] of Object.entries(versions)) {
  openssl(`a client certificate is shown in TLS ${version} to a server that demands one`, async (t, launch) => {
    const server = await demanding(launch, only)
    const client = await dial(server, me())
    await answers(t, client)
    t.is((await server.process.prints(/Peer certificate: CN ?= ?(.*)/))[1], 'The client')
    await client.close()
  })

  openssl(`a client without a certificate is refused in TLS ${version} by the server's alert`, async (t, launch) => {
    const server = await demanding(launch, only)
    const [code, phase] =
      version === '1.2'
        ? (['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls'] as const)
        : (['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'read'] as const)
    await fails(t, lineFrom(dial(server)), { code, phase })
  })

  openssl(`a certificate of somebody else is refused in TLS ${version} by the server's alert`, async (t, launch) => {
    const server = await demanding(launch, only)
    const phase = version === '1.2' ? 'tls' : 'read'
    await fails(t, lineFrom(dial(server, me(strangeRoot()))), { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', phase })
  })

  openssl(`a server that only asks for a certificate takes a client without in TLS ${version}`, async (t, launch) => {
    const client = await dial(await launch(['-rev', only, '-verify', '3']))
    await answers(t, client)
    await client.close()
  })
}

/** In TLS 1.3 the client has finished before the server has looked at its certificate. */
async function lineFrom(dialling: Promise<TcpClient>): Promise<string | null> {
  const client = await dialling
  try {
    return await client.readLine()
  } finally {
    client.destroy()
  }
}

const sessions = {
  'by a ticket in TLS 1.2': ['-tls1_2'],
  'by its identifier in TLS 1.2': ['-tls1_2', '-no_ticket'],
  'by a ticket in TLS 1.3': ['-tls1_3'],
  'by its identifier in TLS 1.3': ['-tls1_3', '-no_ticket']
}

/** Whether both ends say that a connection has gone on with an earlier one's session. */
async function isResumed(t: ExecutionContext, dialling: Promise<TcpClient>): Promise<boolean | undefined> {
  const client = await dialling
  await client.write('GET / HTTP/1.0\r\n\r\n')
  const page = String(await client.readAll())
  t.is(page.match(/^(New|Reused), TLS/m)?.[1] ?? page, client.tls?.resumed ? 'Reused' : 'New')
  await client.close()
  return client.tls?.resumed
}

for (const [way, more] of Object.entries(sessions)) {
  openssl(`a session goes on ${way}`, async (t, launch) => {
    const server = await launch(['-www', ...more])
    t.is(await isResumed(t, dial(server)), false)
    for (let time = 0; time < 3; time++) t.is(await isResumed(t, dial(server)), true)
  })
}

openssl('a session does not go on where that is switched off', async (t, launch) => {
  const server = await launch(['-www'])
  for (let time = 0; time < 3; time++) t.is(await isResumed(t, dial(server, { session: false })), false)
})

openssl('a session of a client with a certificate does not go on for one without', async (t, launch) => {
  const server = await launch(['-www', '-verify', '3', '-CAfile', 'root.pem'])
  const mine = me()
  t.is(await isResumed(t, dial(server, mine)), false)
  t.is(await isResumed(t, dial(server)), false)
  t.is(await isResumed(t, dial(server, mine)), true)
})

openssl('a resumed session still has the certificates of its beginning', async (t, launch) => {
  const server = await launch(['-www'])
  await isResumed(t, dial(server))
  const client = await dial(server)
  t.true(client.tls?.resumed)
  t.is(client.tls?.certificates[0]?.subject, 'CN=The server')
  client.destroy()
})

openssl("the server's favourite of the offered protocols is agreed on", async (t, launch) => {
  const server = await launch(['-alpn', 'three,two'])
  const client = await dial(server, { ALPNProtocols: ['one', 'two', 'three'] })
  t.is(client.tls?.alpn, 'three')
  await client.write('hello\n')
  t.is((await server.process.prints(/ALPN protocols selected: (.*)[\s\S]*^hello$/m))[1], 'three')
  await client.close()
})

openssl('a server that knows none of the offered protocols refuses by its alert', async (t, launch) => {
  const server = await launch(['-rev', '-alpn', 'three,two'])
  const code = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'
  await fails(t, dial(server, { ALPNProtocols: ['one'] }), { code, phase: 'tls' })
})

openssl('a server that knows nothing of protocols leaves none agreed on', async (t, launch) => {
  const client = await dial(await launch(['-rev']), { ALPNProtocols: ['one'] })
  t.is(client.tls?.alpn, null)
  await answers(t, client)
  await client.close()
})
