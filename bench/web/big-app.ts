/** Starts an app of 200 endpoints in a process of its own, and says how long that took from the first import on. */
const began = performance.now()
const { createApp } = await import('@posthouse/web')
const { z } = await import('zod')
const imported = performance.now()
const app = createApp({ title: 'Big', env: 'development' })
for (let n = 0; n < 200; n++) {
  const item = z.object({ id: z.number().int(), name: z.string(), tags: z.array(z.string()) })
  const options = { params: z.object({ id: z.number() }), query: z.object({ page: z.number().default(1) }), body: item }
  app.post(`/things${n}/{id}`, { ...options, response: item }, ({ body }) => body)
}
const { port } = await app.listen({ port: 0 })
const answer = await fetch(`http://127.0.0.1:${port}/things7/1`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"id":1,"name":"a","tags":[]}',
})
if (!answer.ok) throw new Error(await answer.text())
const served = performance.now()
process.send?.({ importMs: imported - began, startMs: served - imported, cpuMs: process.cpuUsage().user / 1000 })
await app.close()
process.disconnect()
