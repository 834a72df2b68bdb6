// Writes DER (X.690), as little of it as certificates and keys need. Checks nothing: what tests are to refuse has to be
// written too. Knows no certificates.

/** One element: its tag, the length and the content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

function lengthOf(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const bytes = unsigned(BigInt(size))
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

function unsigned(value: bigint): Buffer {
  const digits = value.toString(16)
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content)
export const set = (...content: readonly Uint8Array[]): Buffer => element(0x31, ...content)

/** A number that is not negative. */
export function integer(value: number | bigint): Buffer {
  const bytes = unsigned(BigInt(value))
  // A first bit that is set would make it negative.
  return element(0x02, Buffer.alloc((bytes[0] as number) >> 7), bytes)
}

export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]))
export const nothing = (): Buffer => element(0x05)
export const octets = (content: Uint8Array): Buffer => element(0x04, content)

/** Whole bytes of bits. */
export const bits = (content: Uint8Array): Buffer => element(0x03, Buffer.alloc(1), content)

/** Bits by their numbers, from the first one on, in one byte at most. */
export function flags(numbers: readonly number[]): Buffer {
  const byte = numbers.reduce((sum, number) => sum | (0x80 >> number), 0)
  // DER has no zero bits at the end.
  const unused = byte === 0 ? 0 : 7 - Math.max(...numbers)
  return element(0x03, Buffer.from(byte === 0 ? [0] : [unused, byte]))
}

/** An object identifier, as `1.2.840.113549`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(septets)))
}

function septets(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left & 0x7f))
  return digits
}

export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text))
export const printable = (text: string): Buffer => element(0x13, Buffer.from(text, 'latin1'))

/** A time in whole seconds, in the form that RFC 5280 4.1.2.5 asks for: with two digits for the year up to 2049. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/\..*|[-:T]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : element(0x18, Buffer.from(digits, 'latin1'))
}

/** `[number]` around an element of its own. */
export const explicit = (number: number, ...content: readonly Uint8Array[]): Buffer =>
  element(0xa0 | number, ...content)

/** `[number]` in place of a tag of something primitive. */
export const implicit = (number: number, content: Uint8Array): Buffer => element(0x80 | number, content)

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
