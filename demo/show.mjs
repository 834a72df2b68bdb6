// Prints a conversation as it happens: the milliseconds since the start, a direction, the bytes; knows no connection.

const start = performance.now()

/** What was asked of the connection next. */
export function heading(text) {
  console.log(`\n${text}`)
}

/** Bytes or text on their way to the server, and how they are put into bytes where that is not plain. */
export function sent(data, how) {
  row('→', show(data) + (how ? `   (${how})` : ''))
  return data
}

/** The answer of a read, and what ended it. */
export function received(data, reason) {
  row('←', `${show(data)}   (${reason})`)
  return data
}

/** Something that happened without bytes. */
export function note(text) {
  row('·', text)
}

function row(sign, text) {
  console.log(`${(performance.now() - start).toFixed(1).padStart(8)} ms ${sign} ${text}`)
}

function show(data) {
  if (data === null || typeof data === 'number') return String(data)
  if (Array.isArray(data)) return `[${data.map(show).join(', ')}]`
  if (typeof data === 'string') return JSON.stringify(data)
  const escaped = Buffer.from(data)
    .toString('latin1')
    .replace(/[^ -~]|["\\]/g, (byte) => ESCAPES[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `"${escaped}"`
}

const ESCAPES = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\0': '\\0', '"': '\\"', '\\': '\\\\' }
