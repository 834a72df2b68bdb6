// tcpull, used as its README shows.
import { connect } from '../../index.mjs'
import { atOnce } from '../harness/at-once.mjs'
import { MEBIBYTE, PING, TOKEN } from '../harness/checks.mjs'

function dial(port, tls) {
  return connect({ host: '127.0.0.1', port }, { tls: tls && { ...tls, caOnly: true } })
}

async function open(port, command, tls) {
  const client = await dial(port, tls)
  await client.writeLine(command)
  return client
}

/** A client that is sent so many MiB; over TLS not before all of them are sealed, as the far end's roles tell. */
async function openBytes({ port, tls, units, start }) {
  if (!tls) return open(port, `bytes ${units * MEBIBYTE}`)
  const client = await open(port, `sealed ${units * MEBIBYTE}`, tls)
  await client.readLine()
  start()
  await client.writeLine('go')
  return client
}

export function pingPong({ port, tls, units, check, connections, command }) {
  return atOnce(connections, connections, async () => {
    const client = await open(port, command, tls)
    const ping = Buffer.alloc(PING, 'p')
    for (let number = 0; number < units / connections; number++) {
      ping[0] = number
      check.pong(await client.request(ping, { size: PING }), number)
    }
    await client.close()
  })
}

export async function linesForAwait({ port, units, check }) {
  const client = await open(port, `lines ${units}`)
  for await (const line of client.lines()) check.line(line)
  await client.close()
}

export async function linesReadLine({ port, units, check }) {
  const client = await open(port, `lines ${units}`)
  for (;;) {
    const line = await client.readLine()
    if (line === null) break
    check.line(line)
  }
  await client.close()
}

export async function linesBatches({ port, units, check, encoding }) {
  const client = await open(port, `lines ${units}`)
  for await (const batch of client.lines({ encoding }).batches()) check.lines(batch)
  await client.close()
}

export async function exactPieces({ units, check, ...job }) {
  const client = await openBytes({ units, ...job })
  for (let i = 0; i < units; i++) check.piece(await client.readExactly(MEBIBYTE))
  await client.close()
}

export async function readInto({ units, check, size, ...job }) {
  const client = await openBytes({ units, ...job })
  const target = Buffer.allocUnsafe(size)
  for (let left = units * MEBIBYTE; left > 0; left -= size) {
    await client.readInto(target)
    check.piece(target)
  }
  await client.close()
}

export async function chunks({ check, ...job }) {
  const client = await openBytes(job)
  for await (const chunk of client) check.piece(chunk)
  await client.close()
}

export async function frames({ port, units, check }) {
  const client = await open(port, `frames ${units}`)
  for await (const payload of client.frames({ length: 'u32be' })) check.frame(payload)
  await client.close()
}

export async function token({ port, units, check, length }) {
  const messages = (units * MEBIBYTE) / length
  const client = await open(port, `token ${length} ${messages}`)
  for (let i = 0; i < messages; i++) check.message(await client.readUntil(TOKEN, { maxSize: length }), length)
  await client.close()
}

export async function trickle({ port, units, check, length }) {
  const messages = (units * MEBIBYTE) / length
  const client = await open(port, `trickle ${length} ${messages}`)
  const token = 'aaaaaaab'
  for (let i = 0; i < messages; i++) check.message(await client.readUntil(token, { maxSize: length }), length, token)
  await client.close()
}

export async function smallWrites({ port, units, check, together }) {
  const client = await open(port, 'sink')
  const data = Buffer.alloc(PING, 'w')
  const written = new Array(together)
  for (let left = units; left > 0; left -= together) {
    for (let i = 0; i < together; i++) written[i] = client.write(data)
    await Promise.all(written)
  }
  await client.end()
  check.total(await client.readLine())
  await client.close()
}

export function openAskClose({ port, units, check, atOnce: width }) {
  return atOnce(units, width, async () => {
    const client = await open(port, 'ask')
    check.answer((await client.readAll()).toString('latin1'))
    await client.close()
  })
}

/** As `openAskClose`, where the port is a proxy's. */
export function openAskCloseThroughProxy({ port, units, check, atOnce: width, target }) {
  const proxy = { protocol: 'socks5', host: '127.0.0.1', port }
  return atOnce(units, width, async () => {
    const client = await connect(target, { proxy })
    await client.writeLine('ask')
    check.answer((await client.readAll()).toString('latin1'))
    await client.close()
  })
}

/** As `openAskClose` over TLS: with full handshakes only, or resumed ones only. */
export async function handshakes({ port, tls, units, check, start, atOnce: width, resumed }) {
  const askOnce = async () => {
    const client = await open(port, 'ask', { ...tls, session: resumed })
    const answer = (await client.readAll()).toString('latin1')
    const handshake = client.tls
    await client.close()
    return [answer, handshake.resumed]
  }
  // A connection uses one ticket up and brings at least one: so many are there for as many at once.
  if (resumed) await atOnce(width, 1, askOnce)
  start()
  await atOnce(units, width, async () => check.handshake(...(await askOnce())))
}

/** Handshakes alone, all at once; the clients are kept, as what closing them takes is not to be measured. */
export function secure({ port, tls, units, check }) {
  return atOnce(units, units, async () => {
    const client = await dial(port, { ...tls, session: false })
    check.secured(client.tls.resumed)
    return client
  })
}

export function idle({ port, units, check, atOnce: width, reading }) {
  return atOnce(units, width, async () => {
    const client = await open(port, 'echo')
    check.pong(await client.request(Buffer.alloc(PING), { size: PING }), 0)
    // Nothing comes any more; the end of the process ends it.
    if (reading) client.read().catch(() => {})
    return client
  })
}
