// tcpull, used as its README shows.
import { connect } from '../../index.mjs'
import { atOnce } from '../harness/at-once.mjs'
import { MEBIBYTE, PING, TOKEN } from '../harness/checks.mjs'

async function open(port, command) {
  const client = await connect({ host: '127.0.0.1', port })
  await client.writeLine(command)
  return client
}

export function pingPong({ port, units, check, connections, command }) {
  return atOnce(connections, connections, async () => {
    const client = await open(port, command)
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

export async function exactPieces({ port, units, check }) {
  const client = await open(port, `bytes ${units * MEBIBYTE}`)
  for (let i = 0; i < units; i++) check.piece(await client.readExactly(MEBIBYTE))
  await client.close()
}

export async function readInto({ port, units, check, size }) {
  const client = await open(port, `bytes ${units * MEBIBYTE}`)
  const target = Buffer.allocUnsafe(size)
  for (let left = units * MEBIBYTE; left > 0; left -= size) {
    await client.readInto(target)
    check.piece(target)
  }
  await client.close()
}

export async function chunks({ port, units, check }) {
  const client = await open(port, `bytes ${units * MEBIBYTE}`)
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

export function idle({ port, units, check, atOnce: width, reading }) {
  return atOnce(units, width, async () => {
    const client = await open(port, 'echo')
    check.pong(await client.request(Buffer.alloc(PING), { size: PING }), 0)
    // Nothing comes any more; the end of the process ends it.
    if (reading) client.read().catch(() => {})
    return client
  })
}
