// Trust, directly, by startTls and through proxies: certificates and servers that are refused, each with its own code and before
// a byte of the application has left, and those that are accepted. What they are is in the tables.

import test from 'ava'
import { badCertificates } from './helpers/bad-certificates'
import { badHandshakes } from './helpers/bad-handshakes'
import { goodCertificates } from './helpers/good-certificates'
import { accepts, refuses, ways } from './helpers/tls-cases'

for (const [way, dial] of Object.entries(ways)) {
  for (const refusal of [...badCertificates, ...badHandshakes]) {
    test(`refuses ${way}: ${refusal.name}`, (t) => refuses(t, refusal, dial))
  }
  for (const accepted of goodCertificates) {
    test(`accepts ${way}: ${accepted.name}`, (t) => accepts(t, accepted, dial))
  }
}
