import { Hub } from '@posthouse/hub'

const [statusFile = '', port] = process.argv.slice(2)
const hub = new Hub({ statusFile })
const { url } = await hub.listen({ port: Number(port) })
console.log(url)
