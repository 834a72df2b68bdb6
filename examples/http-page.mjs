// Fetches a page by HTTP/1.0: a status line, header lines up to an empty one, then everything to the end.
// Run: node examples/http-page.mjs [host:port] [path]

import { connect } from 'tcpull'

const [address = '127.0.0.1:80', path = '/'] = process.argv.slice(2)
const client = await connect(address, { timeout: 5_000, readTimeout: 10_000 })

await client.write(`GET ${path} HTTP/1.0\r\nHost: ${address}\r\n\r\n`)
const status = await client.readLine({ encoding: 'latin1' })
const headers = new Map()
for await (const line of client.lines({ encoding: 'latin1' })) {
  if (line === '') break
  const colon = line.indexOf(':')
  headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
}
// Leaving the loop lost nothing: the body is still there.
const body = await client.readAll({ maxSize: 1024 * 1024 })
console.log(status, headers.get('content-type'), `${body.length} bytes`)
await client.close()
