// Strings that have broken out of the fields of requests, as user, password or host, and what each protocol can carry of them.
// Knows no connections.

import { domainToASCII } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { ProxyProtocol } from 'tcpull'
import { protocols } from './scripted-proxies'

/** What ends a field, a line or a message somewhere, or means something else there. */
const SPECIAL = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\t',
  '\b',
  '\x1b',
  '\x7f',
  '\x85',
  ' ',
  '\xa0',
  '\u2028',
  '\ufeff',
  ...'@:%/?#\\"\',;=&+[]{}|^`<>~!$*()',
  '%00',
  '%0d%0a',
  '%40',
  '%zz',
  '%e9',
  'é',
  '✓',
  '😀',
  '＠',
  '／'
]

const INJECTIONS = [
  'x\r\nHost: evil.test',
  'x HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  'x\0evil.test\0',
  'x@evil.test',
  'x:y@evil.test:1',
  'evil.test#',
  'x\r\nProxy-Authorization: Basic eA==',
  '../..',
  '//evil.test/',
  'x%0d%0aHost:%20evil.test',
  '\u0130evil',
  'socks5://user:word@evil.test'
]

/** Each special character by itself, at the begin, within and at the end, and what attackers make of them. */
export const strings: readonly string[] = [
  ...SPECIAL.flatMap((special) => [special, `${special}x`, `x${special}y`, `x${special}`]),
  ...INJECTIONS
]

/** Texts of so many bytes, of one byte each and of more. */
export const lengths: readonly string[] = [
  ...[0, 1, 2, 127, 128, 254, 255, 256, 257, 511, 512, 4000, 4096, 5000].map((size) => 'x'.repeat(size)),
  'é'.repeat(127),
  `${'é'.repeat(127)}x`,
  'é'.repeat(128),
  '😀'.repeat(64),
  `${'😀'.repeat(63)}xyz`
]

const hasControls = (text: string): boolean => /\p{Cc}/u.test(text)

/** Whether a protocol can tell a proxy this login, and so that the proxy gets just it. */
export function carries(protocol: ProxyProtocol, user: string, password: string | undefined): boolean {
  const [userSize, passwordSize] = [user, password ?? ''].map((text) => Buffer.byteLength(text)) as [number, number]
  const isCounted = (size: number): boolean => size >= 1 && size <= 255
  switch (protocols[protocol].speech) {
    case 'socks4':
      return password === undefined && userSize <= 255 && !user.includes('\0')
    case 'socks5':
      return password !== undefined && isCounted(userSize) && isCounted(passwordSize)
    case 'http':
      // RFC 7617 section 2.
      if (password === undefined || user.includes(':') || hasControls(user + password)) return false
      return userSize + passwordSize <= 4096
  }
}

/** The login that a URL with this text in it says: `undefined` where it is none that may be a proxy's. */
export function loginOfUrl(text: string): [user: string, password: string | undefined] | undefined {
  if (/[\0-\x20\x7f/?#]/.test(text)) return undefined
  const colon = text.indexOf(':')
  try {
    const user = decodeURIComponent(colon < 0 ? text : text.slice(0, colon))
    return [user, colon < 0 ? undefined : decodeURIComponent(text.slice(colon + 1))]
  } catch {
    return undefined
  }
}

/** The name that a host is in ASCII; `undefined` where it must not be one. */
export function nameOf(host: string): string | undefined {
  if (/[\0-\x20\x7f-\xa0\u2028@:%/?#\\[\]<>^|]/.test(host)) return undefined
  const name = domainToASCII(host)
  return /^(?:[^.]+\.)*[^.]+\.?$/.test(name) ? name : undefined
}

/** It is a `TypeError`, or a `RangeError` for a number, that names the option. */
export function isRefusal(t: ExecutionContext, error: unknown, what: string, named = /^options\.proxy\b/): void {
  const { code, message } = error as Error & { code?: string }
  t.regex(code ?? String(error), /^ERR_(INVALID_ARG_(TYPE|VALUE)|OUT_OF_RANGE)$/, what)
  t.regex(message, named, what)
}
