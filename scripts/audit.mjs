// Asks for known weaknesses in what becomes part of the package, or makes it: Rust crates and npm packages. Needs the
// network, and its answer changes by the day, which is why it is no part of `npm test`.

import { available, record } from './run.mjs'

if (!available('cargo-deny')) {
  console.error('The audit needs cargo-deny: scripts/setup-deny.sh installs it.')
  process.exit(1)
}

const failures = []
for (const command of ['cargo deny --locked check advisories', 'npm audit --audit-level=high']) {
  console.log(`\n== ${command}`)
  const { code } = await record(command)
  if (code !== 0) failures.push(command)
}
for (const command of failures) console.error(`FAILED: ${command}`)
process.exitCode = failures.length === 0 ? 0 : 1
