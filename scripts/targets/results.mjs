// Reads what became of each test out of TAP, ava's and that of `__test__/runner`; runs nothing.

/** Each test that the output tells of: its title, whether it `passed`, `failed` or was `skipped`, and what it said. */
export function resultsOf(output) {
  const sections = output.replaceAll('\r\n', '\n').split(/^(?=(?:not )?ok \d)/m)
  return sections.flatMap((section) => {
    const [line, not, title, reason] = section.match(/^(not )?ok \d+ - (.*?)(?: # SKIP ?(.*))?$/m) ?? []
    if (title === undefined) return []
    const outcome = reason !== undefined ? 'skipped' : not ? 'failed' : 'passed'
    return [{ title, outcome, reason, said: section.slice(line.length).trim() }]
  })
}

/**
 * The results of one file under `__test__/runner`. What was declared and has no result failed: its process crashed, or
 * hung and was killed. So did a process that ended badly although all tests in it ended well.
 */
export function judge({ code, output }) {
  const results = resultsOf(output)
  const ended = new Set(results.map(({ title }) => title))
  const declared = [...output.matchAll(/^# declares (.*?)\r?$/gm)].map(([, title]) => title)
  const lost = declared.filter((title) => !ended.has(title))
  const plan = output.match(/^1\.\.(\d+)\r?$/m)?.[1]
  const problems = lost.map((title) => `${title}: did not end`)
  if (declared.length === 0) problems.push('no test was declared')
  else if (Number(plan) !== declared.length) problems.push(`${plan} tests were planned, ${declared.length} declared`)
  const explained = problems.length > 0 || results.some(({ outcome }) => outcome === 'failed')
  if (code !== 0 && !explained) problems.push(`the process ended with ${code}`)
  return [...results, ...problems.map((title) => ({ title, outcome: 'failed' }))]
}

export function count(results) {
  const of = (outcome) => results.filter((result) => result.outcome === outcome).length
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') }
}
