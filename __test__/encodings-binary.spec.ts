// Node's encodings of bytes as text (hex, base64) where text goes out or an answer comes back; they have no lines.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { connect, createServer, processRequest } from './helpers/transport'

async function echo(): Promise<{ port: number; close(): void }> {
  const server = createServer({}, (socket) => socket.on('error', () => {}).pipe(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

test('writeLine sends the bytes that hex and base64 text stands for, then the marker', async (t) => {
  const { port, close } = await echo()
  const client = await connect({ host: '127.0.0.1', port })
  await client.writeLine('00ff10', { encoding: 'hex' })
  await client.writeLine('AP8Q', { encoding: 'base64', marker: ';' })
  const expected = Buffer.from([0, 255, 16, 10, 0, 255, 16, 59])
  t.deepEqual(await client.readExactly(expected.length), expected)
  await client.close()
  close()
})

test('writeLine refuses text that is not in its binary encoding, before any I/O', async (t) => {
  const { port, close } = await echo()
  const client = await connect({ host: '127.0.0.1', port })
  await t.throwsAsync(client.writeLine('xyz', { encoding: 'hex' }), { code: 'ERR_INVALID_ARG_VALUE' })
  await t.throwsAsync(client.writeLine('a b', { encoding: 'base64' }), { code: 'ERR_INVALID_ARG_VALUE' })
  t.is(client.bytesWritten, 0)
  await client.close()
  close()
})

test('processRequest gives its answer as hex or base64 when asked to', async (t) => {
  const { port, close } = await echo()
  const address = { host: '127.0.0.1', port }
  t.is(await processRequest(address, Buffer.from([0, 255, 10]), { encoding: 'hex' }), '00ff0a')
  t.is(await processRequest(address, Buffer.from([0, 255, 10]), { encoding: 'base64' }), 'AP8K')
  close()
})

test('lines have no binary encoding', async (t) => {
  const { port, close } = await echo()
  const client = await connect({ host: '127.0.0.1', port })
  await t.throwsAsync(client.readLine({ encoding: 'hex' }), { code: 'ERR_INVALID_ARG_VALUE' })
  await client.close()
  close()
})
