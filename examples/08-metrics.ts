/**
 * A node's numbers for Prometheus, and what became of the messages, by the hour: what `/metrics` and `hub.statistics` tell.
 *
 * Run it with `node --conditions=@posthouse/source examples/08-metrics.ts`. For a node of `posthouse up` the address is
 * http://127.0.0.1:9898/metrics.
 */
import { HubClient } from '@posthouse/client'
import { createNode } from 'posthouse'

await using node = createNode({ metrics: 'open', docs: false })
const { url, port } = await node.listen({ port: 0 })

await using ann = new HubClient({ url, clientId: 'ann' })
await using ben = new HubClient({ url, clientId: 'ben' })
let heard = 0
const all = Promise.withResolvers<void>()
ben.on('text', () => {
  if (++heard === 100) all.resolve()
})
await Promise.all([ann.connect(), ben.connect()])
await Promise.all(Array.from({ length: 100 }, (_, n) => ann.send('ben', `message ${n}`)))
await ann.send('nobody', 'hello').catch(({ code }) => console.log(code)) // unknown_recipient
await all.promise

/** The value of a metric, as Prometheus would read it. */
async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return text.split('\n').find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
}

console.log(await metric('posthouse_delivered_stored_total')) // posthouse_delivered_stored_total 100
console.log(await metric('posthouse_refused_total')) // posthouse_refused_total{code="unknown_recipient"} 1
console.log(await metric('posthouse_clients_connected')) // posthouse_clients_connected{dialect="json"} 2

const { delivered, failures } = await node.hub.statistics()
console.log(delivered, failures) // 100 { unknown_recipient: 1 }
