// The real proxies that tests go through: how each is started, whom it lets in, and the name that it alone knows. Knows nothing
// of what they are asked.

import type { ProxyProtocol } from 'tcpull'
import type { Recipe } from './servers'

/** This machine, by a name that only the proxies can look up. */
export const HIDDEN = 'hidden.name.test'

const hosts = `127.0.0.1 ${HIDDEN}\n`

/** Names that a program is to know beside the system's come to it by a library of the Samba project, for tests like these. */
const library = 'libnss_wrapper.so'
const knowingHosts: Pick<Recipe, 'needs' | 'under'> = {
  needs: [library],
  under: ['env', `LD_PRELOAD=${library}`, 'NSS_WRAPPER_HOSTS=hosts']
}

export interface Login {
  username: string
  password: string
}

/** All that has a meaning in a URL or in a login of HTTP. */
const LOGIN = { username: 'some body', password: 'a b:c/d%40@e$f' }

/** Its file of settings takes no more than this. */
const PLAIN_LOGIN = { username: 'tester', password: 'secret' }

/** `openssl passwd -apr1 -salt tcpullab 'a b:c/d%40@e$f'` */
const HASHED = '$apr1$tcpullab$/Q9q.hKZhllz5wg5aWRQt0'

const microsocks = (login: readonly string[] = []): Recipe => ({
  program: 'microsocks',
  ...knowingHosts,
  prepare: (host, port) => ({ files: { hosts }, given: ['-i', host, '-p', `${port}`, ...login] })
})

const tinyproxy = (login = ''): Recipe => ({
  program: 'tinyproxy',
  ...knowingHosts,
  prepare: (host, port) => ({
    files: { hosts, 'tinyproxy.conf': `Listen ${host}\nPort ${port}\nMaxClients 500\nTimeout 600\n${login}\n` },
    given: ['-d', '-c', 'tinyproxy.conf']
  })
})

const squid = (login = ''): Recipe => ({
  program: 'squid',
  prepare: (host, port) => ({
    files: {
      hosts,
      users: `${LOGIN.username}:${HASHED}\n`,
      // Nobody answers at this machine's port for names: what is not in `hosts` is not known, whatever the network says.
      'squid.conf': `
        http_port ${host}:${port}
        hosts_file ./hosts
        dns_nameservers 127.0.0.1
        dns_timeout 1 second
        ${login}
        http_access allow ${login === '' ? 'all' : 'known'}
        cache deny all
        access_log none
        cache_log stdio:/dev/stderr
        pid_filename none
        netdb_filename none
        pinger_enable off
        coredump_dir .
        visible_hostname squid.test
        shutdown_lifetime 0 seconds
        max_filedescriptors 1024
      `.replace(/^ +/gm, '')
    },
    given: ['-N', '-f', 'squid.conf']
  })
})

export const proxyRecipes = {
  microsocks: microsocks(),
  'microsocks with a login': microsocks(['-u', LOGIN.username, '-P', LOGIN.password]),
  // The SOCKS server of Twisted, which knows version 4 alone, and asks nobody who he is.
  twisted: {
    program: 'twist3',
    ...knowingHosts,
    prepare: (host, port) => ({ files: { hosts }, given: ['socks', '-i', host, '-p', `${port}`] })
  },
  tinyproxy: tinyproxy(),
  'tinyproxy with a login': tinyproxy(`BasicAuth ${PLAIN_LOGIN.username} ${PLAIN_LOGIN.password}`),
  squid: squid(),
  'squid with a login': squid(`
    auth_param basic program /usr/lib/squid/basic_ncsa_auth users
    auth_param basic realm squid
    acl known proxy_auth REQUIRED`)
} satisfies Record<string, Recipe>

/** What is to be known of one to use it. */
export interface RealProxy {
  protocols: readonly ProxyProtocol[]
  login?: Login
  /** Whether it connects to addresses of IPv6 */
  ipv6: boolean
  /** How it answers where the target refuses, or is not there; SOCKS4 has one number for everything */
  refusal: { reply: number; refusedBy: 'proxy' | 'target' }
  /** How it answers a wrong login, and one that says nothing */
  denial?: { wrong: number; none: number }
}

const socks5 = {
  protocols: ['socks5', 'socks5h'],
  ipv6: true,
  refusal: { reply: 5, refusedBy: 'target' }
} as const

// It answers 500 itself, whatever was wrong with the target.
const tiny = { protocols: ['http'], ipv6: true, refusal: { reply: 500, refusedBy: 'proxy' } } as const

const big = { protocols: ['http'], ipv6: true, refusal: { reply: 503, refusedBy: 'target' } } as const

export const realProxies: Record<ProxyName, RealProxy> = {
  microsocks: socks5,
  // 255 (RFC 1928 section 3): none of the ways to log in that it was offered is acceptable.
  'microsocks with a login': { ...socks5, login: LOGIN, denial: { wrong: 2, none: 255 } },
  twisted: { protocols: ['socks4', 'socks4a'], ipv6: false, refusal: { reply: 91, refusedBy: 'proxy' } },
  tinyproxy: tiny,
  // A wrong login is told apart from none, by the status of a server that is no proxy.
  'tinyproxy with a login': { ...tiny, login: PLAIN_LOGIN, denial: { wrong: 401, none: 407 } },
  squid: big,
  'squid with a login': { ...big, login: LOGIN, denial: { wrong: 407, none: 407 } }
}

export type ProxyName = keyof typeof proxyRecipes
