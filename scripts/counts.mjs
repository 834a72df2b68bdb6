// Reads how many tests passed and failed out of what cargo, ava and the project's own scripts print; runs nothing.

/** Sums of the `test result:` lines of `cargo test`, one per test program. */
export function countCargo({ code, output }) {
  const results = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm)]
  return settle(code, results.length > 0, sum(results, 1), sum(results, 2), sum(results, 3))
}

/** The figures that end ava's TAP. */
export function countTap({ code, output }) {
  const results = [...output.matchAll(/^# pass (\d+)\n(?:# skip (\d+)\n)?# fail (\d+)$/gm)]
  return settle(code, results.length === 1, sum(results, 1), sum(results, 3), sum(results, 2))
}

/** The line that ends the output of a script of ours. */
export function countTotal({ code, output }) {
  const results = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].slice(-1)
  return settle(code, results.length === 1, sum(results, 1), sum(results, 2), 0)
}

// A run that crashed may have printed good figures or none: it counts as a failure of its own.
function settle(code, complete, passed, failed, skipped) {
  const crashed = (code !== 0 && failed === 0) || !complete
  return { passed, failed: crashed ? failed + 1 : failed, skipped }
}

function sum(matches, group) {
  return matches.reduce((total, match) => total + Number(match[group] ?? 0), 0)
}
