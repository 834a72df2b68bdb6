// Fails unless every job that this one needs has succeeded: a job that failed, was cancelled or was skipped is not green.
// Reads GitHub's `needs` as JSON from the environment variable NEEDS.

const needs = Object.entries(JSON.parse(process.env.NEEDS ?? '{}'))
for (const [job, { result }] of needs) console.log(`${job}: ${result}`)
const green = needs.length > 0 && needs.every(([, { result }]) => result === 'success')
console.log(green ? 'all green' : 'NOT GREEN')
process.exitCode = green ? 0 : 1
