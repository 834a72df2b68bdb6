// The search for the native binary, on every platform, over a pretended file system.

import { join, resolve } from 'node:path'
import test from 'ava'
import { type Host, loadBinary } from '#src/loader'

const root = join('some', 'where', 'tcpull')

/** A machine on which only `there` can be required, of which errors are thrown. */
function host(platform: string, arch: string, there: Record<string, unknown> = {}, env: Host['env'] = {}) {
  const asked: string[] = []
  return {
    asked,
    platform,
    arch,
    env,
    root,
    version: '1.2.3',
    hasGlibc: () => true,
    require(id: string) {
      asked.push(id)
      const found = there[id] ?? failure('MODULE_NOT_FOUND', `Cannot find module '${id}'\nRequire stack:\n- here`)
      if (found instanceof Error) throw found
      return found
    }
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

const binary = (version = '1.2.3') => ({ version: () => version })

const TARGETS: [platform: string, arch: string, ...names: string[]][] = [
  ['linux', 'x64', 'linux-x64-gnu'],
  ['linux', 'ia32', 'linux-ia32-gnu'],
  ['win32', 'x64', 'win32-x64-msvc', 'win32-x64-gnu'],
  ['win32', 'ia32', 'win32-ia32-msvc', 'win32-ia32-gnu']
]

for (const [platform, arch, ...names] of TARGETS) {
  const local = names.map((name) => join(root, `tcpull.${name}.node`))
  const packages = names.map((name) => `tcpull-${name}`)

  test(`${platform}-${arch} tries its local files, then its packages`, (t) => {
    const machine = host(platform, arch)
    const error = t.throws(() => loadBinary(machine), { code: 'ERR_TCPULL_BINARY' })
    t.deepEqual(machine.asked, [...local, ...packages])
    for (const place of machine.asked) t.true(error.message.includes(`${place}: Cannot find module`))
    t.true(error.message.includes(`npm install ${packages[0]}@1.2.3`))
    t.false(error.message.includes('Require stack'))
  })

  for (const place of [...local, ...packages]) {
    test(`${platform}-${arch} takes ${place} where nothing before it is there`, (t) => {
      const found = binary()
      t.is<unknown, unknown>(loadBinary(host(platform, arch, { [place]: found })), found)
    })
  }
}

test('an unsupported platform is named, with those that are supported', (t) => {
  const machine = host('sunos', 'sparc')
  const error = t.throws(() => loadBinary(machine), { code: 'ERR_TCPULL_BINARY' })
  t.regex(error.message, /no binary for sunos-sparc, only for linux-ia32, linux-x64, win32-ia32, win32-x64/)
  t.deepEqual(machine.asked, [])
})

test('TCPULL_BINARY is taken before all else, on any platform', (t) => {
  const path = resolve('mine.node')
  const found = binary()
  const there = { [path]: found, [join(root, 'tcpull.linux-x64-gnu.node')]: binary() }
  t.is<unknown, unknown>(loadBinary(host('linux', 'x64', there, { TCPULL_BINARY: path })), found)
  t.is<unknown, unknown>(loadBinary(host('sunos', 'sparc', there, { TCPULL_BINARY: 'mine.node' })), found)
})

test('a TCPULL_BINARY that does not load is an error, not a reason to look elsewhere', (t) => {
  const machine = host('linux', 'x64', { 'tcpull-linux-x64-gnu': binary() }, { TCPULL_BINARY: 'absent.node' })
  const error = t.throws(() => loadBinary(machine), { code: 'ERR_TCPULL_BINARY' })
  t.regex(error.message, /TCPULL_BINARY, which is set to absent\.node/)
  t.deepEqual(machine.asked, [resolve('absent.node')])
})

test('inside a bundle only the packages are looked for', (t) => {
  const machine = { ...host('win32', 'x64'), root: undefined }
  t.throws(() => loadBinary(machine), { code: 'ERR_TCPULL_BINARY' })
  t.deepEqual(machine.asked, ['tcpull-win32-x64-msvc', 'tcpull-win32-x64-gnu'])
})

test('a stale local build is passed over for the package of the right version', (t) => {
  const found = binary()
  const there = { [join(root, 'tcpull.linux-x64-gnu.node')]: binary('1.2.2'), 'tcpull-linux-x64-gnu': found }
  t.is<unknown, unknown>(loadBinary(host('linux', 'x64', there)), found)
})

test('a binary of another version is refused with both versions named', (t) => {
  const machine = host('linux', 'x64', { 'tcpull-linux-x64-gnu': binary('1.2.2') })
  const error = t.throws(() => loadBinary(machine), { code: 'ERR_TCPULL_BINARY' })
  t.regex(error.message, /tcpull-linux-x64-gnu: the binary is version 1\.2\.2, this package is 1\.2\.3/)
})

test('a binary that does not load is told with its reason, and is to be installed anew', (t) => {
  const broken = failure('ERR_DLOPEN_FAILED', '/a/b/c.node: file too short')
  const error = t.throws(() => loadBinary(host('linux', 'x64', { 'tcpull-linux-x64-gnu': broken })))
  t.regex(error.message, /\n {2}tcpull-linux-x64-gnu: \/a\/b\/c\.node: file too short\nInstall the right one anew: npm/)
  t.false(error.message.includes('--omit=optional'))
})

test('a Windows reason ends with its first line', (t) => {
  const broken = failure('ERR_DLOPEN_FAILED', 'The specified module could not be found.\r\n\\\\?\\C:\\x.node')
  const error = t.throws(() => loadBinary(host('win32', 'x64', { 'tcpull-win32-x64-msvc': broken })))
  t.regex(error.message, /tcpull-win32-x64-msvc: The specified module could not be found\.\n/)
})

test('a module that is no binary of tcpull is told as such', (t) => {
  const error = t.throws(() => loadBinary(host('linux', 'x64', { 'tcpull-linux-x64-gnu': {} })))
  t.regex(error.message, /tcpull-linux-x64-gnu: not a binary of tcpull/)
})

test('a Linux without glibc is told so in place of advice to install what cannot load', (t) => {
  const error = t.throws(() => loadBinary({ ...host('linux', 'x64'), hasGlibc: () => false }))
  t.regex(error.message, /need glibc.*musl/)
  t.false(error.message.includes('npm install'))
})

test('the C library is asked for on Linux alone', (t) => {
  const hasGlibc = () => t.fail()
  t.throws(() => loadBinary({ ...host('win32', 'x64'), hasGlibc }), { code: 'ERR_TCPULL_BINARY' })
})

for (const [way, place, env] of [
  ['its package', 'tcpull-linux-x64-gnu', {}],
  ['TCPULL_BINARY', resolve('mine.node'), { TCPULL_BINARY: 'mine.node' }]
] as const) {
  test(`a process that may not load addons says what it lacks, with a binary by ${way}`, (t) => {
    const forbidden = failure('ERR_DLOPEN_DISABLED', 'Cannot load native addon because loading addons is disabled.')
    const error = t.throws(() => loadBinary(host('linux', 'x64', { [place]: forbidden }, env)))
    t.regex(error.message, /--allow-addons.*--no-addons/)
    t.false(error.message.includes('npm install'))
  })

  test(`a process that may not read a binary says what it lacks, with a binary by ${way}`, (t) => {
    const unreadable = failure('ERR_ACCESS_DENIED', 'Access to this API has been restricted.')
    const error = t.throws(() => loadBinary(host('linux', 'x64', { [place]: unreadable }, env)))
    t.regex(error.message, /Access to this API has been restricted\.\n.*--allow-fs-read/)
    t.false(error.message.includes('npm install'))
  })
}

test('every cause is kept as it was thrown', (t) => {
  const error = t.throws(() => loadBinary(host('linux', 'x64')))
  const { errors } = error.cause as AggregateError
  t.is(errors.length, 2)
  for (const { cause } of errors) t.regex(cause.message, /Require stack/)
})
