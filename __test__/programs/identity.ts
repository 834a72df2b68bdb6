// Says which Node this is and which binary the package has loaded in it.

import 'tcpull'

const { version, platform, arch } = process
const binary = Object.keys(require.cache).find((path) => path.endsWith('.node'))
console.log(JSON.stringify({ version, platform, arch, binary }))
