// Workloads done with the hand-written reader.
import { MEBIBYTE, TOKEN } from '../harness/checks.mjs'
import { open } from './open.mjs'
import { Reader } from './reader.mjs'

export async function linesForAwait({ port, units, check }) {
  const reader = new Reader(open(port, `lines ${units}`))
  for await (const line of reader.lines()) check.line(line)
}

export async function linesReadLine({ port, units, check }) {
  const reader = new Reader(open(port, `lines ${units}`))
  for (;;) {
    const line = await reader.readLine()
    if (line === null) break
    check.line(line)
  }
}

/** Over TLS the bytes are not sent before all of them are sealed, as the far end's roles tell. */
export async function exactPieces({ port, tls, units, check, start }) {
  const socket = open(port, `${tls ? 'sealed' : 'bytes'} ${units * MEBIBYTE}`, { tls })
  const reader = new Reader(socket)
  if (tls) {
    await reader.readLine()
    start()
    socket.write('go\n')
  }
  for (let i = 0; i < units; i++) check.piece(await reader.readExactly(MEBIBYTE))
}

export async function frames({ port, units, check }) {
  const reader = new Reader(open(port, `frames ${units}`))
  for await (const payload of reader.frames()) check.frame(payload)
}

export async function framesByCall({ port, units, check }) {
  const reader = new Reader(open(port, `frames ${units}`))
  for (;;) {
    const payload = await reader.readFrame()
    if (payload === null) break
    check.frame(payload)
  }
}

export async function token({ port, units, check, length }) {
  const messages = (units * MEBIBYTE) / length
  const reader = new Reader(open(port, `token ${length} ${messages}`))
  const marker = Buffer.from(TOKEN)
  for (let i = 0; i < messages; i++) check.message(await reader.readUntil(marker), length)
}
