// The whole check of the project: build, format, lint, licences, types, package, tests. Ends with `N passed, N failed`.

import { readdirSync, rmSync } from 'node:fs'
import { countCargo, countTap } from './counts.mjs'
import { available, record } from './run.mjs'

const ci = process.env.CI === 'true'
// All other files of tests run over TLS too, new ones with them.
const LEFT_OUT_OVER_TLS = [
  // over TLS in any case, and in the clear in others
  /^(tls|proxies)\b/,
  // how the package is loaded, and on what
  /^(loader|module|reactor)\./,
  // what an address says, before anything is connected
  /^addresses\./,
  // servers that are not ours to choose
  /^real-(servers|proxies)\b/
]

const totals = { passed: 0, failed: 0 }
const failures = []

await check('build', 'node scripts/build.mjs')
await check('format of Rust', 'cargo fmt --all --check')
await check('format and lint of TypeScript', 'biome ci --error-on-warnings')
await check('clippy', 'cargo clippy --workspace --all-targets -- -D warnings')
await check('clippy without Node', 'cargo clippy --workspace --all-targets --no-default-features -- -D warnings')
if (ci || available('shellcheck'))
  await check('shell scripts', 'shellcheck --severity=warning .ci/run scripts/*.sh scripts/*/*.sh')
else console.log('\n== shell scripts: skipped, shellcheck is not installed')
// Advisories need the network and change by the day: scripts/audit.mjs asks for them.
if (ci || available('cargo-deny'))
  await check('licences and sources', 'cargo deny --locked check bans licenses sources')
else console.log('\n== licences and sources: skipped, cargo-deny is not installed (cargo install cargo-deny --locked)')
rmSync('build/test', { recursive: true, force: true })
await check('types', 'tsc -p tsconfig.test.json')
await check('package', 'publint --strict')
await suite('Rust tests', 'cargo test --no-default-features', countCargo)
await suite('Node tests', 'ava --tap', countTap, { TCPULL_REACTOR: '', TEST_TRANSPORT: '' })
await suite('Node tests on tokio', 'ava --tap build/test/*.spec.js', countTap, {
  TCPULL_REACTOR: 'tokio',
  TEST_TRANSPORT: ''
})
await suiteOverTls('Node tests over TLS 1.3', { TEST_TRANSPORT: 'tls', TCPULL_REACTOR: '' })
await suiteOverTls('Node tests over TLS 1.2 on tokio', { TEST_TRANSPORT: 'tls1.2', TCPULL_REACTOR: 'tokio' })

for (const failure of failures) console.log(`FAILED: ${failure}`)
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed === 0 ? 0 : 1

async function check(name, command) {
  console.log(`\n== ${name}: ${command}`)
  const { code } = await record(command)
  if (code !== 0) fail(name, 1)
}

/** Everything that talks over a connection, whose tests do not know over what, runs over TLS too. */
async function suiteOverTls(name, environment) {
  const isLeftOut = (file) => LEFT_OUT_OVER_TLS.some((left) => left.test(file))
  const files = readdirSync('build/test').filter((file) => file.endsWith('.spec.js') && !isLeftOut(file))
  await suite(name, `ava --tap ${files.map((file) => `build/test/${file}`).join(' ')}`, countTap, environment)
}

async function suite(name, command, count, environment) {
  console.log(`\n== ${name}: ${command}`)
  const { passed, failed, skipped } = count(await record(command, environment))
  totals.passed += passed
  if (failed > 0) fail(name, failed)
  // What is skipped for want of a server on a user's machine has to run in CI.
  if (skipped > 0 && ci) fail(`${name}: ${skipped} skipped`, skipped)
}

function fail(name, count) {
  totals.failed += count
  failures.push(name)
}
