// Asks for known weaknesses in what becomes part of the package: Rust crates, and npm packages that users get. Needs the
// network, and its answer changes by the day, which is why it is no part of `npm test`.

import { available, record } from './run.mjs'

if (!available('cargo-deny')) {
  console.error('The audit needs cargo-deny: scripts/setup-deny.sh installs it.')
  process.exit(1)
}

const failures = []
for (const command of ['cargo deny --locked check advisories', 'npm audit --omit=dev']) {
  console.log(`\n== ${command}`)
  const { code } = await record(command)
  if (code !== 0) failures.push(command)
}
for (const command of failures) console.error(`FAILED: ${command}`)
process.exitCode = failures.length === 0 ? 0 : 1
