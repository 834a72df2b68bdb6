// Prints the lines that a server sends, in batches, until it ends, is silent for a minute, or Ctrl+C is pressed.
// Run: node examples/follow-lines.mjs host:port

import { connect } from 'tcpull'

const address = process.argv[2]
if (!address) throw new Error('usage: node examples/follow-lines.mjs host:port')

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())

const client = await connect(address, { timeout: 5_000, keepAlive: true })
try {
  for await (const lines of client.lines({ timeout: 60_000, signal: interrupt.signal }).batches()) {
    process.stdout.write(`${lines.join('\n')}\n`)
  }
} catch (error) {
  if (error.name !== 'AbortError' && error.name !== 'TimeoutError') throw error
} finally {
  await client.close()
}
