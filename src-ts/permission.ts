// What Node's permission model says of the network, which a native addon has to ask: Node itself only holds its own sockets to
// it. Knows no connections.

/** The part of `process` that is asked; the permission model is there from Node 20 on, its `net` scope from Node 25 on. */
export interface Host {
  permission?: { has(scope: string): boolean } | undefined
  allowedNodeEnvironmentFlags: ReadonlySet<string>
  execArgv: readonly string[]
  env: Record<string, string | undefined>
}

/** Whether Node would refuse a socket of its own. Asked at each connection, because a program may drop a permission. */
export function networkIsDenied(host: Host): boolean {
  const { permission } = host
  // A Node without that scope denies nothing, and says `false` of a scope that it does not know.
  if (permission === undefined || permission.has('net') || !host.allowedNodeEnvironmentFlags.has('--allow-net')) {
    return false
  }
  // An audit answers as if it denied, and lets everything pass.
  const audit = '--permission-audit'
  return !host.execArgv.includes(audit) && !host.env['NODE_OPTIONS']?.split(/\s+/).includes(audit)
}
