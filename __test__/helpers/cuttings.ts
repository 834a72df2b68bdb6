// Plays one conversation in many cuttings: as one chunk, byte by byte, at random cuts, and all of it there before the first
// read. Knows no kind of read.

import test from 'ava'
import type { TcpClient } from 'tcpull'
import { within } from './failures'
import { arrive, type Pair, pair, turns } from './peer'
import { numbers } from './random'

/** What a peer sends and how it goes on after it. */
export interface Conversation {
  input: string | Uint8Array
  /** Default `'open'` */
  ending?: 'open' | 'end'
  /** Reads, and gives what it got */
  script: (client: TcpClient) => Promise<unknown>
  /** What the script gives, in every cutting */
  gives: unknown
}

const RANDOM_CUTTINGS = 4

/** A test that a conversation goes the same way however its bytes are cut. */
export function anyCutting(title: string, { input, ending = 'open', script, gives }: Conversation): void {
  test(`${title}, in any cutting`, async (t) => {
    const bytes = Buffer.from(input as Uint8Array)
    for (const [name, pieces] of cuttings(bytes)) {
      const both = await pair(t)
      const result = script(both.client)
      await Promise.race([send(both, pieces), result])
      if (ending === 'end') both.socket.end()
      t.deepEqual(await within(result, name), gives, name)
      both.client.destroy()
    }
    const both = await pair(t)
    await arrive(both, bytes)
    if (ending === 'end') both.socket.end()
    t.deepEqual(await within(script(both.client), 'buffered'), gives, 'buffered')
  })
}

function* cuttings(bytes: Buffer): Generator<[string, Buffer[]]> {
  yield ['one chunk', [bytes]]
  yield ['byte by byte', cut(bytes, () => 1)]
  for (let seed = 1; seed <= RANDOM_CUTTINGS; seed++) {
    const random = numbers(seed)
    yield [`random cutting ${seed}`, cut(bytes, () => 1 + Math.floor(random() * (bytes.length / 3 + 1)))]
  }
}

function cut(bytes: Buffer, next: () => number): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    const size = next()
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

/** Sends piece after piece; each has come to a client that reads before the next one is sent. */
async function send({ client, socket }: Pair, pieces: readonly Buffer[]): Promise<void> {
  let total = 0
  for (const piece of pieces) {
    socket.write(piece)
    total += piece.length
    // A client that is not reading takes nothing: then the piece waits in its system.
    for (let turn = 0; turn < 8 && client.bytesRead < total; turn++) await turns(1)
  }
}

/** Calls `read` until it gives `null`. */
export async function all<T>(read: () => Promise<T | null>): Promise<T[]> {
  const list: T[] = []
  for (let item = await read(); item !== null; item = await read()) list.push(item)
  return list
}

/** Bytes as text that can be compared. */
export function latin1(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('latin1')
}
