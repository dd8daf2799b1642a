import { benchmarks as ofHubs } from './plan.ts'

/** Everything that can be measured, in the order in which all of it is, with what is done, in a line. */
export const catalogue = {
  ...ofHubs,
  calls: 'one call of a procedure, 1 and 64 under way: Socket.IO, HTTP and hub beside emitWithAck, Fastify, tRPC',
  files: 'a large file sent and fetched beside plain streams, and a folder of small files; takes --mib N and --files N',
  'http-client':
    'one GET of a kilobyte of JSON, 50 under way: @posthouse/http beside undici, fetch, got, axios, ky, node:http',
  log: 'one line with four fields: @posthouse/log beside pino and winston; takes --lines N instead of --seconds',
  web: 'a checked POST of JSON: @posthouse/web beside Fastify, Hono, Express, node:http and FastAPI; takes --requests N',
  'web-socket': 'texts and JSON said back: @posthouse/web beside bare ws; takes --messages N instead of --seconds',
  policies: 'a task that does nothing, under each policy; takes --runs N instead of --seconds',
} as const

/** Its name. */
export type CatalogueName = keyof typeof catalogue
