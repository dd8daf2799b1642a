import { createServer, type RequestListener } from 'node:http'
import { serve } from '@hono/node-server'
import { createApp } from '@posthouse/web'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { validator } from 'hono/validator'
import { z } from 'zod'

/** Starts a server that takes an order as JSON, checks it, and answers with its id and its sum. Resolves to its port. */
type Contender = () => Promise<number>

const order = z.object({
  customer: z.string().min(1).max(100),
  items: z.array(z.object({ sku: z.string(), price: z.number(), count: z.number().int().min(1) })),
  note: z.string().optional(),
})
const receipt = z.object({ id: z.number().int(), customer: z.string(), sum: z.number(), lines: z.number().int() })
type Order = z.infer<typeof order>

const orderJson = z.toJSONSchema(order, { io: 'input', target: 'draft-7' })
const receiptJson = z.toJSONSchema(receipt, { io: 'output', target: 'draft-7' })
const { $schema: _order, ...orderSchema } = orderJson
const { $schema: _receipt, ...receiptSchema } = receiptJson

function bill({ customer, items }: Order) {
  let sum = 0
  for (const { price, count } of items) sum += price * count
  return { id: 7, customer, sum, lines: items.length }
}

/** The servers, by the names of their rows. */
export const contenders = {
  'node:http, unchecked': () =>
    listen((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = JSON.stringify(bill(JSON.parse(Buffer.concat(chunks).toString()) as Order))
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
          .end(body)
      })
    }),
  Fastify: async () => {
    const app = fastify()
    const schema = { body: orderSchema, response: { 200: receiptSchema } }
    app.post('/orders', { schema }, async (request) => bill(request.body as Order))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as { port: number }).port
  },
  'Posthouse, JSON Schema': () => posthouse(orderSchema, receiptSchema),
  'Posthouse, Zod': () => posthouse(order, receipt),
  'Hono, Zod': () =>
    new Promise((resolve) => {
      const app = new Hono()
      const check = validator('json', (value, context) => {
        const { success, data } = order.safeParse(value)
        return success ? data : context.json({}, 422)
      })
      app.post('/orders', check, (context) => context.json(bill(context.req.valid('json'))))
      serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
    }),
  'Express, Zod': () => {
    const app = express()
    app.disable('x-powered-by').use(express.json())
    app.post('/orders', (request, response) => {
      const { success, data } = order.safeParse(request.body)
      if (success) response.json(bill(data))
      else response.status(422).json({})
    })
    return listen(app)
  },
} as const satisfies Record<string, Contender>

/** The name of a server's row. */
export type ContenderName = keyof typeof contenders

/** In production, as the others are: a response is not checked twice. */
async function posthouse(body: object, response: object): Promise<number> {
  const app = createApp({ env: 'production' })
  app.post('/orders', { body, response }, ({ body: taken }) => bill(taken as Order))
  return (await app.listen({ port: 0 })).port
}

function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}
