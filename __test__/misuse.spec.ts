// Misuse: every method in every state of a connection has one defined answer; nothing hangs, nothing crashes.

import test, { type ExecutionContext } from 'ava'
import type { TcpClient } from 'tcpull'
import { latin1 } from './helpers/cuttings'
import { outcome } from './helpers/failures'
import { ended, large, pair, reset, turns } from './helpers/peer'
import { overTls } from './helpers/transport'

/** Brings a connection into a state; what is pending then is the state's own to settle. */
type State = (t: ExecutionContext) => Promise<TcpClient>

const ignore = (promise: Promise<unknown>): void => void promise.catch(() => {})

const states: Record<string, State> = {
  open: async (t) => (await pair(t)).client,
  'ended by the peer': async (t) => {
    const both = await pair(t)
    await ended(both)
    return both.client
  },
  'reset by the peer': async (t) => {
    const both = await pair(t)
    await reset(both)
    await outcome(both.client.read())
    return both.client
  },
  'ended here': async (t) => {
    const { client } = await pair(t)
    await client.end()
    return client
  },
  'ended on both sides': async (t) => {
    const both = await pair(t)
    await ended(both)
    await both.client.end()
    return both.client
  },
  ending: async (t) => {
    const { client } = await pair(t)
    ignore(client.write(large))
    ignore(client.end())
    await turns(2)
    return client
  },
  closing: async (t) => {
    const { client } = await pair(t)
    ignore(client.write(large))
    ignore(client.close())
    await turns(2)
    return client
  },
  closed: async (t) => {
    const { client } = await pair(t)
    await client.close()
    return client
  },
  'closed with lines of a batch unread': async (t) => {
    const { client, socket } = await pair(t)
    socket.write('1\n2\n3\n4\n5\n6\n')
    for (let line = 0; line < 4; line++) await client.readLine()
    await client.close()
    return client
  },
  destroyed: async (t) => {
    const { client } = await pair(t)
    client.destroy()
    return client
  },
  'destroyed with lines of a batch unread': async (t) => {
    const { client, socket } = await pair(t)
    socket.write('1\n2\n3\n4\n5\n6\n')
    for (let line = 0; line < 4; line++) await client.readLine()
    client.destroy()
    return client
  },
  'with a pending read': async (t) => {
    const { client } = await pair(t)
    ignore(client.readExactly(10))
    return client
  },
  'with a pending write': async (t) => {
    const { client } = await pair(t)
    ignore(client.write(large))
    await turns(2)
    return client
  }
}

// So that what waits for a silent peer comes to an end.
const timeout = 30

const reads: Record<string, (client: TcpClient) => Promise<unknown>> = {
  read: (client) => client.read({ timeout }),
  'readExactly(0)': (client) => client.readExactly(0, { timeout }),
  readExactly: (client) => client.readExactly(5, { timeout }),
  'readExactly, large': (client) => client.readExactly(100_000, { timeout }),
  readInto: (client) => client.readInto(new Uint8Array(5), { timeout }),
  readUntil: (client) => client.readUntil('x', { timeout }),
  readLine: (client) => client.readLine({ timeout }),
  'readLine without options': (client) => Promise.race([client.readLine(), silence()]),
  readAll: (client) => client.readAll({ timeout }),
  readFrame: (client) => client.readFrame({ length: 'u8', timeout }),
  receive: async (client) => (await client.receive({ timeout })).reason,
  expect: (client) => client.expect('x', { timeout }),
  lines: async (client) => (await client.lines({ timeout }).next()).value,
  batches: async (client) => (await client.lines({ timeout }).batches().next()).value,
  frames: async (client) => (await client.frames({ length: 'u8', timeout }).next()).value,
  chunks: async (client) => Promise.race([client[Symbol.asyncIterator]().next(), silence()]),
  peek: async (client) => latin1(client.peek()),
  unread: async (client) => client.unread('')
}

const writes: Record<string, (client: TcpClient) => Promise<unknown>> = {
  write: (client) => client.write('x', { timeout }),
  'write without options': (client) => Promise.race([client.write('x'), silence()]),
  'write, large': (client) => client.write(Buffer.alloc(100_000), { timeout }),
  'write of nothing': (client) => client.write('', { timeout }),
  writeLine: (client) => client.writeLine('x', { timeout }),
  writeFrame: (client) => client.writeFrame('x', { length: 'u8', timeout }),
  request: (client) => client.request('x', { size: 1, timeout })
}

const ends: Record<string, (client: TcpClient) => Promise<unknown>> = {
  end: (client) => client.end({ timeout }),
  close: (client) => client.close({ timeout }),
  destroy: async (client) => client.destroy(),
  'await using': async (client) => {
    const guard = setTimeout(() => client.destroy(), timeout)
    await client[Symbol.asyncDispose]().finally(() => clearTimeout(guard))
  }
}

/** What a call may come to: a value, or one of these codes. */
const ANY_CODE =
  /^(ETIMEDOUT|ABORT_ERR|ECONNRESET|EPIPE|ECANCELED|ERR_(UNEXPECTED_END|CLOSED|STREAM_WRITE_AFTER_END|INVALID_STATE))$/

async function silence(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, timeout))
  throw Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })
}

for (const [state, make] of Object.entries(states)) {
  for (const [group, methods] of Object.entries({ reads, writes, ends })) {
    test(`${group} on a connection ${state}: each has its answer`, async (t) => {
      for (const [method, call] of Object.entries(methods)) {
        // A close that waits is asked to end sooner in the tests of closing.
        if (state === 'closing' && method === 'close') continue
        const client = await make(t)
        const first = await outcome(call(client))
        const second = await outcome(call(client))
        const is = (expected: RegExp): void => {
          t.regex(first, expected, method)
          t.regex(second, expected, `${method}, again`)
        }
        if (group === 'ends') {
          const isEndOfClosed = method === 'end' && /^clos|^destr/.test(state)
          // What waits behind a write that the peer does not take comes to the end of its time.
          is(
            isEndOfClosed
              ? /^ERR_CLOSED$/
              : /ing$|pending write$/.test(state)
                ? /^(undefined|ETIMEDOUT)$/
                : /^undefined$/
          )
          if (method !== 'end') t.true(client.closed)
        } else if (/^clos|^destr/.test(state)) {
          is(/^ERR_CLOSED$/)
        } else if (group === 'writes' && /^end(ing|ed here|ed on both)/.test(state)) {
          is(method === 'request' ? /^ERR_(STREAM_WRITE_AFTER|UNEXPECTED)_END$/ : /^ERR_STREAM_WRITE_AFTER_END$/)
        } else if (state === 'reset by the peer' && method !== 'peek' && method !== 'unread') {
          if (method === 'readExactly(0)' || method === 'write of nothing') continue
          is(/^(ECONNRESET|EPIPE)$/)
        } else {
          if (ANY_CODE.test(first)) t.pass()
          else t.notRegex(first, /^E[A-Z_]+$/, method)
        }
        client.destroy()
      }
    })
  }

  test(`getters on a connection ${state} tell what they know`, async (t) => {
    const client = await make(t)
    t.is(client.remoteAddress, '127.0.0.1')
    t.true(client.remotePort > 0)
    t.is(client.remoteFamily, 'IPv4')
    t.is(client.localAddress, '127.0.0.1')
    t.true(client.localPort > 0)
    t.true(client.bytesRead >= 0)
    t.true(client.bytesWritten >= 0)
    t.is(client.buffered, 0)
    t.is(client.closed, /^clos|^destr/.test(state))
    t.is(client.encrypted, overTls)
    t.is(client.attempts.length, 1)
    t.true(client.timings.connect >= 0)
    t.notThrows(() => client.lastError)
  })
}

test('a call of every method at once on one connection leaves nothing hanging', async (t) => {
  for (const last of ['close', 'destroy'] as const) {
    const { client, socket } = await pair(t)
    const calls = [...Object.values(reads), ...Object.values(writes), () => client.end()].map((call) =>
      outcome(call(client))
    )
    socket.write('some bytes\n')
    await turns(3)
    await client[last]()
    for (const result of await Promise.all(calls)) t.is(typeof result, 'string')
  }
})

test('a method that is torn off its client fails as a method of nothing does', async (t) => {
  const { client } = await pair(t)
  const { read, write, close } = client
  for (const method of [read, write, close]) {
    await t.throwsAsync(async () => (method as (...all: unknown[]) => unknown).call(undefined), {
      instanceOf: TypeError
    })
    await t.throwsAsync(async () => (method as (...all: unknown[]) => unknown).call({}), { instanceOf: TypeError })
  }
})

test('calls inside the callbacks of other calls are calls like any other', async (t) => {
  const { client, socket } = await pair(t)
  const nested = client.readLine().then(async (line) => {
    client.unread(`${line}!\n`)
    const again = client.readLine()
    await client.write('x')
    return again
  })
  socket.write('line\n')
  t.is(await nested, 'line!')
  const abort = new AbortController()
  abort.signal.addEventListener('abort', () => client.destroy())
  const reading = outcome(client.read({ signal: abort.signal }))
  abort.abort()
  t.regex(await reading, /^(ABORT_ERR|ERR_CLOSED)$/)
})
