// One conversation through every kind of read; needs a server that sends back what it gets, and knows nothing else of it.

import { heading, note, received, sent } from './show.mjs'

/** Holds the whole conversation over an open client and closes it. */
export async function converse(client) {
  await bySize(client)
  await byMarker(client)
  await byFrame(client)
  await byWhateverComesFirst(client)
  await byRequest(client)
  await ahead(client)
  await byIterator(client)
  await withoutLoss(client)
  await toTheEnd(client)
}

async function bySize(client) {
  heading('read, readExactly, readInto')
  await client.write(sent('whatever is there'))
  const some = received(await client.read({ max: 8 }), 'at least one byte was there, at most 8 were wanted')
  received(await client.readExactly(17 - some.length), 'as many bytes as were wanted')
  const target = Buffer.alloc(6)
  await client.write(sent('placed'))
  const length = await client.readInto(target)
  received(target, `the caller's own ${length} bytes are full`)
}

async function byMarker(client) {
  heading('readUntil, readLine')
  await client.write(sent('name=value;and a line\r\n'))
  received(await client.readUntil(['=', ';']), 'the earliest of two markers')
  received(await client.readUntil(['=', ';'], { keepMarker: false }), 'the other marker, which is left out')
  received(await client.readLine(), 'end of line')
  for (const encoding of ['utf8', 'windows-1251']) {
    await client.writeLine(sent('Съешь булок', `a line in ${encoding}`), { encoding })
    const bytes = received(await client.readUntil('\n'), 'marker; put back undecoded')
    client.unread(bytes)
    received(await client.readLine({ encoding }), `end of line, decoded as ${encoding}`)
  }
}

async function byFrame(client) {
  heading('readFrame')
  for (const length of ['u8', 'u32be', 'varint']) {
    await client.writeFrame(sent('payload', `with its length as ${length}`), { length })
    received(await client.readFrame({ length }), 'as long as its prefix said')
  }
}

async function byWhateverComesFirst(client) {
  heading('receive: marker, size or time, whichever comes first')
  const how = { marker: '!', maxSize: 12, timeout: 500 }
  for (const text of ['marker!', 'twelve bytes', 'in time']) {
    await client.write(sent(text))
    const { data, reason } = await client.receive(how)
    received(data, reason)
  }
}

async function byRequest(client) {
  heading('request: a write and the read of its answer')
  received(await client.request(sent('four'), { size: 4 }), 'size')
  received(await client.request(sent('up to.'), { marker: '.' }), 'marker')
  received(await client.request(sent('one line\n'), { line: true }), 'line')
  const frame = Buffer.from('\x05frame')
  received(await client.request(sent(frame), { frame: 'u8' }), 'frame')
  note('ten at once, answered in order:')
  const questions = Array.from({ length: 10 }, (_, index) => `${index}\n`)
  sent(questions.join(''))
  received(await Promise.all(questions.map((question) => client.request(question, { line: true }))), 'ten lines')
}

async function ahead(client) {
  heading('expect, peek, unread')
  await client.write(sent('motd\r\nuser 42 logged in> '))
  const { index, match, before } = await client.expect(['denied', /user (\d+) /, '> '])
  received(match[0], `pattern ${index} matched; before it stood ${JSON.stringify(before)}`)
  received(await client.readUntil('> '), 'marker')
  await client.write(sent('?and peeked\n'))
  received(await client.readExactly(1), 'size')
  received(client.peek(6), 'looked at, not taken')
  client.unread('put back ')
  received(await client.readLine(), 'what was put back, then what was there')
}

async function byIterator(client) {
  heading('lines, frames, chunks; leaving a loop loses nothing')
  await client.write(sent('one\ntwo\nthree\nfour\n'))
  for await (const line of client.lines()) {
    received(line, 'line')
    if (line === 'two') break
  }
  for await (const batch of client.lines().batches()) {
    received(batch, 'all whole lines that were there')
    if (batch.at(-1) === 'four') break
  }
  await client.write(sent(Buffer.from('\x01a\x02bb\x03ccc')))
  for await (const frame of client.frames({ length: 'u8' })) {
    received(frame, 'frame')
    if (frame.length === 3) break
  }
  await client.write(sent('a chunk'))
  for await (const chunk of client) {
    received(chunk, 'chunk')
    if (String(chunk).endsWith('k')) break
  }
}

async function withoutLoss(client) {
  heading('a read that fails takes no byte')
  await client.write(sent('half a li'))
  await client.readLine({ timeout: 50 }).catch((error) => note(`readLine: ${error.name} ${error.code}`))
  const controller = new AbortController()
  const read = client.readLine({ signal: controller.signal })
  controller.abort(new Error('changed my mind'))
  await read.catch((error) => note(`readLine: ${error.name}, cause: ${error.cause.message}`))
  await client.write(sent('ne\n'))
  received(await client.readLine(), 'the whole line')
}

async function toTheEnd(client) {
  heading('end: our half is closed, reading goes on')
  await client.write(sent('last words'))
  await client.end()
  const { data, reason } = await client.receive({ marker: '\n' })
  received(data, reason)
  received(await client.read(), 'the server has closed too')
  await client.close()
  note(`closed: ${client.bytesWritten} bytes went, ${client.bytesRead} came`)
}
