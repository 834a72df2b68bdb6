// Every kind of read as a function of the client, for tests that hold for all of them. Knows no peers.

import type { TcpClient, WaitOptions } from 'tcpull'

/** A read of whatever kind, with these options of its wait. */
export type Read = (client: TcpClient, options?: WaitOptions) => Promise<unknown>

/** Each of these takes exactly `abc\n` from a peer that sends that and nothing more for now. */
export const reads: Record<string, Read> = {
  read: (client, options) => client.read(options),
  readExactly: (client, options) => client.readExactly(4, options),
  readInto: async (client, options) => {
    const target = Buffer.alloc(4)
    await client.readInto(target, options)
    return target
  },
  readUntil: (client, options) => client.readUntil('\n', options),
  readLine: (client, options) => client.readLine(options),
  receive: async (client, options) => (await client.receive({ ...options, marker: '\n' })).data,
  request: (client, options) => client.request('', { ...options, size: 4 }),
  expect: async (client, options) => (await client.expect('c\n', options)).before,
  lines: async (client, options) => (await client.lines(options).next()).value,
  batches: async (client, options) => (await client.lines(options).batches().next()).value
}

/** Each of these waits for more than `abc` or its end. Left out: `read`, which takes what is there. */
export const patient: Record<string, Read> = {
  ...Object.fromEntries(Object.entries(reads).filter(([name]) => name !== 'read')),
  readAll: (client, options) => client.readAll(options),
  readFrame: (client, options) => client.readFrame({ ...options, length: 'u8' }),
  frames: (client, options) => client.frames({ ...options, length: 'u8' }).next(),
  'readExactly, large': (client, options) => client.readExactly(1_000_000, options)
}
