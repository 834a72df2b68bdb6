// What is done with a connection to OpenSSL's server: much data both ways, changes of keys, and every way to end. Knows nothing
// of what the handshake agrees on.

import { dial } from './helpers/dialling'
import { fails } from './helpers/failures'
import { turns } from './helpers/peer'
import { launching, type Run } from './helpers/real-tests'

/** A test that starts OpenSSL's server. */
const openssl = (title: string, run: Run) => launching('openssl', title, run)

const versions = { '1.2': '-tls1_2', '1.3': '-tls1_3' } as const

/** Lines of many lengths, the longest that the server takes among them, and what it makes of each. */
function linesOf(bytes: number): { given: string[]; reversed: string[] } {
  const given: string[] = []
  for (let size = 0, number = 0; size < bytes; number++) {
    const line = String.fromCharCode(97 + (number % 26)).repeat((number * 7919) % 12_000) + number
    given.push(line)
    size += line.length + 1
  }
  return { given, reversed: given.map((line) => [...line].reverse().join('')) }
}

const records = { 'full records': [], 'records of 512 bytes': ['-max_send_frag', '512'] }

for (const [version, only] of Object.entries(versions)) {
  for (const [kind, more] of Object.entries(records)) {
    openssl(`4 MiB go both ways at once in TLS ${version} in ${kind}`, async (t, launch) => {
      const client = await dial(await launch(['-rev', only, ...more]))
      const { given, reversed } = linesOf(4 * 1024 * 1024)
      const writing = client.write(`${given.join('\n')}\n`)
      const lines: (string | null)[] = []
      while (lines.length < given.length) lines.push(await client.readLine())
      await writing
      t.deepEqual(lines, reversed)
      t.is(client.buffered, 0)
      await client.close()
    })
  }

  openssl(`a file of 3 MB comes whole in TLS ${version}, and its end is clean`, async (t, launch) => {
    const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => 33 + (index % 93)))
    const client = await dial(await launch(['-WWW', only], () => ({ file: content.toString('latin1') })))
    await client.write('GET /file HTTP/1.0\r\n\r\n')
    t.regex(String(await client.readUntil('\r\n\r\n')), /^HTTP\/1.0 200 ok\r\n/)
    t.true(content.equals(await client.readAll()))
    t.is(await client.read(), null)
    await client.close()
  })

  openssl(`a client that ends first gets all answers in TLS ${version}, then a clean end`, async (t, launch) => {
    const client = await dial(await launch(['-rev', only]))
    const { given, reversed } = linesOf(256 * 1024)
    await client.write(`${given.join('\n')}\n`)
    await client.end()
    const lines: string[] = []
    for await (const line of client.lines()) lines.push(line)
    t.deepEqual(lines, reversed)
    await client.close()
  })

  openssl(`a server that closes in TLS ${version} ends the stream, after its data`, async (t, launch) => {
    const client = await dial(await launch(['-rev', only]))
    await client.write('one\ntwo\nCLOSE\n')
    t.is(await client.readLine(), 'eno')
    t.is(await client.readLine(), 'owt')
    t.is(await client.readLine(), null)
    await client.close()
  })

  openssl(
    `a server that hangs up in TLS ${version} without closing fails the read, after its data`,
    async (t, launch) => {
      const server = await launch([only])
      const client = await dial(server)
      server.process.type('1 one\n2 two\n')
      t.is(await client.readLine(), '1 one')
      server.process.type('q\n')
      t.is(await client.readLine(), '2 two')
      await fails(t, client.readLine(), { code: 'ERR_TLS_TRUNCATED', phase: 'read' })
      await client.close()
    }
  )

  openssl(`a server that is killed in TLS ${version} fails the read, after what it had sent`, async (t, launch) => {
    const server = await launch([only])
    const client = await dial(server)
    const numbers = Array.from({ length: 200_000 }, (_, number) => `${number}\n`)
    server.process.type(numbers.join(''))
    let read = `${await client.readLine()}\n`
    await server.process.stop('SIGKILL')
    const error = await t.throwsAsync(async () => {
      for await (const chunk of client) read += chunk
    })
    t.true(['ERR_TLS_TRUNCATED', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? ''), error?.message)
    t.true(numbers.join('').startsWith(read))
    client.destroy()
  })

  openssl(`a client that closes in TLS ${version} has said so`, async (t, launch) => {
    const server = await launch(['-rev', only])
    const client = await dial(server)
    t.is(await client.request('abc\n', { line: true }), 'cba')
    const from = server.process.printed.length
    await client.close()
    await server.process.prints(/CONNECTION CLOSED/, from)
    t.notRegex(server.process.printed.slice(from), /unexpected eof/)
  })
}

openssl('keys change in the middle of transfers both ways, whoever asks for it', async (t, launch) => {
  const server = await launch([versions['1.3']])
  const client = await dial(server)
  // Its input may not begin with letters: those are commands. It prints what it has to say together with what it is sent.
  const piece = '0123456789\n'.repeat(20_000)
  let going = true
  const upload = async (): Promise<number> => {
    let size = 0
    for (; going; size += 1000) {
      await client.write('#'.repeat(1000))
      await turns(1)
    }
    return size
  }
  const uploading = upload()
  for (const command of ['k', 'K', 'k', 'K', 'K', 'k']) {
    server.process.type(piece)
    t.is(String(await client.readExactly(piece.length)), piece)
    const from = server.process.printed.length
    server.process.type(`${command}\n`)
    await server.process.prints(/SSL_do_handshake -> 1/, from)
  }
  going = false
  const size = await uploading
  await client.write('done\n')
  await server.process.prints(/done/)
  t.is(server.process.printed.match(/#/g)?.length, size)
  server.process.type(piece)
  t.is(String(await client.readExactly(piece.length)), piece)
  await client.close()
})

openssl('a wish for new keys is granted', async (t, launch) => {
  const server = await launch([versions['1.3'], '-msg'])
  const client = await dial(server)
  const from = server.process.printed.length
  server.process.type('K\n')
  while (!/SSL_do_handshake -> 1/.test(server.process.printed.slice(from))) {
    await client.write('#\n')
    await turns(1)
  }
  server.process.type('1\n')
  t.is(await client.readLine(), '1')
  // What the server wished for came before what was read; the answer leaves with what is written next.
  await client.write('done\n')
  await server.process.prints(/<<< TLS 1.3, Handshake .*, KeyUpdate[\s\S]*^done$/m, from)
  t.pass()
  await client.close()
})

openssl('a wish to renegotiate in TLS 1.2 is declined, by which the server ends the connection', async (t, launch) => {
  const server = await launch([versions['1.2']])
  const client = await dial(server)
  server.process.type('1 before\n')
  t.is(await client.readLine(), '1 before')
  server.process.type('r\n')
  await fails(t, client.readLine(), { code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', phase: 'read' })
  client.destroy()
})
