// Encodings, line markers and length prefixes as users name them; knows no connections.

import { native } from './native'
import * as check from './validate'

/** Options of a line. */
export interface LineOptions {
  /**
   * Any label of the WHATWG Encoding Standard (`cp866`, `windows-1251`, `gbk`, `utf-16le`, …), and Node's `latin1`, `binary`
   * and `ascii` with Node's meaning. Default `'utf8'`
   */
  encoding?: string | undefined
  /** What ends a line. Default `'\n'` */
  marker?: string | undefined
  /** Leave the marker at the end of the line. Default `false`; then `\r\n` counts as `\n` */
  keepMarker?: boolean | undefined
  /** Fail with `ERR_ENCODING_INVALID_ENCODED_DATA` on malformed input, in place of U+FFFD. Default `false` */
  fatal?: boolean | undefined
}

/** How lines are cut and decoded. */
export interface Codec {
  readonly encoding: string
  readonly marker: string
  readonly keepMarker: boolean
  readonly fatal: boolean
  readonly native: ReturnType<typeof native.createCodec>
}

// A batch belongs to its codec, so that connections that use different ones must each find theirs again.
const known = new Map<string, Codec>()
/** Far more than a program has; reached only by one that makes its markers up. */
const MOST_KNOWN = 100
let last: Codec | undefined

/** The codec of these options: the same object for the same options. */
export function codec(options: LineOptions): Codec {
  const { encoding = 'utf8', marker = '\n', keepMarker = false, fatal = false } = options
  if (last?.encoding === encoding && last.marker === marker && last.keepMarker === keepMarker && last.fatal === fatal) {
    return last
  }
  check.text(encoding, 'options.encoding')
  check.text(marker, 'options.marker')
  check.flag(keepMarker, 'options.keepMarker')
  check.flag(fatal, 'options.fatal')
  const key = JSON.stringify([encoding, marker, keepMarker, fatal])
  last = known.get(key) ?? make(encoding, marker, keepMarker, fatal)
  if (known.size === MOST_KNOWN) known.clear()
  known.set(key, last)
  return last
}

function make(encoding: string, marker: string, keepMarker: boolean, fatal: boolean): Codec {
  if (marker === '') throw check.invalid('ERR_INVALID_ARG_VALUE', 'options.marker must not be empty')
  checkEncoding(encoding)
  const made = inEncoding(encoding, () => native.createCodec(encoding, marker, keepMarker, fatal))
  return { encoding, marker, keepMarker, fatal, native: made }
}

/** Node's encodings of bytes as text, and what their text looks like. They have no lines. */
const BINARY: Record<string, RegExp> = {
  hex: /^(?:[0-9a-f]{2})*$/i,
  base64: /^[\w+/-]*={0,2}$/,
  base64url: /^[\w+/-]*={0,2}$/
}

/** Whether the encoding writes bytes as text, as `hex` does, rather than text as bytes. */
export function isBinary(encoding: string): encoding is 'hex' | 'base64' | 'base64url' {
  return Object.hasOwn(BINARY, encoding.toLowerCase())
}

/** The bytes of a line: `text` in its encoding and the marker, which after binary text is UTF-8. */
export function encodeLine(text: string, marker: string, encoding: string): Uint8Array {
  if (!isBinary(encoding)) return encode(text + marker, encoding)
  if (!BINARY[encoding.toLowerCase()]?.test(text)) {
    throw check.invalid('ERR_INVALID_ARG_VALUE', `text must be ${encoding}; got ${check.show(text)}`)
  }
  return Buffer.concat([Buffer.from(text, encoding), Buffer.from(marker)])
}

/** `text` as bytes. Node's own writers are taken where they exist. */
function encode(text: string, encoding: string): Uint8Array {
  const lower = encoding.toLowerCase()
  if (lower === 'utf8' || lower === 'utf-8') return Buffer.from(text, 'utf8')
  if (lower === 'latin1' || lower === 'binary' || lower === 'ascii') return Buffer.from(text, 'latin1')
  const { native: made } = codec({ encoding })
  return inEncoding(encoding, () => native.encode(made, text))
}

/** Refuses a label that names no encoding. */
export function checkEncoding(encoding: string): void {
  if (!native.isEncoding(encoding)) {
    const message = `options.encoding must be an encoding's label, such as 'utf8' or 'windows-1251'; got ${check.show(encoding)}`
    throw check.invalid('ERR_INVALID_ARG_VALUE', message)
  }
}

function inEncoding<T>(encoding: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw check.invalid('ERR_INVALID_ARG_VALUE', `${encoding}: ${(error as Error).message}`)
  }
}

/** How a frame's length is written before it: unsigned, big or little endian, or a base-128 varint as in protocol buffers. */
export type LengthPrefix =
  | 'u8'
  | 'u16be'
  | 'u16le'
  | 'u24be'
  | 'u24le'
  | 'u32be'
  | 'u32le'
  | 'u64be'
  | 'u64le'
  | 'varint'

const PREFIXES = ['u8', 'u16be', 'u16le', 'u24be', 'u24le', 'u32be', 'u32le', 'u64be', 'u64le', 'varint']

export function lengthPrefix(value: unknown): LengthPrefix {
  if (PREFIXES.includes(value as string)) return value as LengthPrefix
  throw check.invalid(
    'ERR_INVALID_ARG_VALUE',
    `options.length must be one of ${PREFIXES.join(', ')}; got ${check.show(value)}`
  )
}
