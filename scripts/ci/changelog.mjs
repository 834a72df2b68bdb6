// Finds a version in the text of CHANGELOG.md; reads no file.

/** The date and the text of a version's section; `undefined` if it has none. */
export function sectionOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.startsWith(`[${version}]`))
  if (section === undefined) return undefined
  const [heading, ...lines] = section.split('\n')
  return { date: heading.replace(`[${version}]`, '').replace(/^ - /, ''), text: lines.join('\n').trim() }
}
