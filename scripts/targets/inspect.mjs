// What objdump says of a binary, as facts; knows the two formats of its output and judges nothing.

import { execFileSync } from 'node:child_process'

/** Facts about the file. */
export function inspect(file) {
  const objdump = (...flags) =>
    execFileSync('objdump', [...flags, file], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, LC_ALL: 'C' }
    })
  const headers = objdump('-p')
  const facts = formatOf(headers).startsWith('pei-') ? readPe(headers) : readElf(headers, objdump('-T'))
  return { format: formatOf(headers), ...facts, ...readSymbols(objdump('-t'), objdump('-h')) }
}

/** objdump's word for the format and machine. */
export function formatOf(headers) {
  return /file format (\S+)/.exec(headers)?.[1] ?? 'unknown'
}

/** Out of `objdump -p` and `objdump -T` of a shared object. */
export function readElf(headers, symbols) {
  const dynamic = new Map([...headers.matchAll(/^ {2}([A-Z_0-9]+) +(\S+)$/gm)].map(([, key, value]) => [key, value]))
  const has = (key, bit) => (Number(dynamic.get(key) ?? 0) & bit) !== 0
  const references = headers.slice(headers.indexOf('Version References:'))
  const stack = /^ *STACK .*\n.* flags (\S+)$/m.exec(headers)?.[1]
  return {
    libraries: [...headers.matchAll(/^ {2}NEEDED +(\S+)$/gm)].map((match) => match[1]),
    versions: [...new Set([...references.matchAll(/^ {4}0x\S+ \S+ \S+ (\S+)$/gm)].map((match) => match[1]))],
    // An undefined symbol is another library's; the rest is what this one offers.
    exports: [...symbols.matchAll(/^[0-9a-f]+ .{7} (\S+)\t.* (\S+)$/gm)]
      .filter(([, section]) => section !== '*UND*')
      .map((match) => match[2]),
    hardening: {
      'no text relocations': !dynamic.has('TEXTREL') && !has('FLAGS', 0x4),
      'a stack without code': stack === 'rw-',
      'bound at load, then read-only': has('FLAGS', 0x8) && /^ *RELRO /m.test(headers),
      'never unloaded': has('FLAGS_1', 0x8)
    }
  }
}

/** Out of `objdump -p` of a DLL. */
export function readPe(headers) {
  const names = /^\[Ordinal\/Name Pointer\] Table.*\n((?:\t\[.*\n)*)/m.exec(headers)?.[1] ?? ''
  return {
    libraries: [...new Set([...headers.matchAll(/^\tDLL Name: (\S+)$/gm)].map((match) => match[1].toLowerCase()))],
    versions: [],
    exports: [...names.matchAll(/ (\S+)$/gm)].map((match) => match[1]),
    hardening: {
      'may be loaded anywhere': /^\t+DYNAMIC_BASE$/m.test(headers),
      'data that is no code': /^\t+NX_COMPAT$/m.test(headers)
    }
  }
}

/** Out of `objdump -t` and `objdump -h` of either. */
export function readSymbols(symbols, sections) {
  const names = [...sections.matchAll(/^ *\d+ (\S+) +[0-9a-f]{8} /gm)].map((match) => match[1])
  return {
    symbols: /^no symbols$/m.test(symbols)
      ? 0
      : symbols.split('\n').filter((line) => /^(\[ *\d+\]|[0-9a-f]{8})/.test(line)).length,
    debugSections: names.filter((name) => /^\.z?(debug|stab|gnu_debuglink)/.test(name))
  }
}
