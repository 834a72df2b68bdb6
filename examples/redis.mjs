// A Redis client in forty lines: RESP's lines and exact sizes, commands pipelined.
// Run: node examples/redis.mjs [host:port]

import { connect } from 'tcpull'

const client = await connect(process.argv[2] ?? '127.0.0.1:6379', { timeout: 5_000, readTimeout: 5_000 })

/** Sends a command as an array of bulk strings, so that arguments may hold any byte. */
function send(...args) {
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`)
  return client.write(`*${args.length}\r\n${parts.join('')}`)
}

/** Reads one reply of any type. */
async function reply() {
  const line = await client.readLine({ marker: '\r\n' })
  const rest = line.slice(1)
  switch (line[0]) {
    case '+':
      return rest
    case '-':
      throw new Error(rest)
    case ':':
      return Number(rest)
    case '$': {
      if (rest === '-1') return null
      const text = String(await client.readExactly(Number(rest)))
      await client.readExactly(2)
      return text
    }
    case '*': {
      const items = []
      for (let left = Number(rest); left > 0; left--) items.push(await reply())
      return items
    }
    default:
      throw new Error(`not RESP: ${line}`)
  }
}

// Three commands leave in one packet; their replies come in order.
await Promise.all([send('SET', 'greeting', 'hello\r\nworld'), send('GET', 'greeting'), send('DEL', 'greeting')])
console.log(await reply(), JSON.stringify(await reply()), await reply())
await client.close()
