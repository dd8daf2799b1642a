import { resolve } from 'node:path'
import { PosthouseError } from '@posthouse/core'
import type { FastifyInstance } from 'fastify'

/** Which pages of other origins may read responses. */
export interface CorsOptions {
  /** Origins such as `https://app.example`, or `'*'` for all. */
  readonly origins: readonly string[] | '*'
  /** Whether cookies and other credentials are allowed. Default: false. Not with `'*'`. */
  readonly credentials?: boolean
  /** Default: GET, HEAD, POST, PUT, PATCH and DELETE. */
  readonly methods?: readonly string[]
  /** Headers that pages may send. Default: those that they ask for. */
  readonly allowedHeaders?: readonly string[]
  /** Headers that pages may read. Default: `x-request-id`. */
  readonly exposedHeaders?: readonly string[]
  /** How long a browser may remember the answer, in ms. Default: 600,000. */
  readonly maxAge?: number
}

/** Which responses are compressed. */
export interface CompressionOptions {
  /** Smaller ones are sent as they are, in bytes. Default: 1,024. */
  readonly threshold?: number
}

/** How files of a folder are served. */
export interface StaticOptions {
  /** How long a browser may keep a file without asking, in ms. Default: 0. */
  readonly maxAge?: number
  /** The file that stands for a folder. Default: `index.html`; null for none. */
  readonly index?: string | null
}

/** A folder whose files are served below a path. */
export interface StaticFolder extends StaticOptions {
  readonly prefix: string
  readonly folder: string
}

/** Lets pages of other origins read responses. @throws PosthouseError `invalid_option` */
export async function addCors(server: FastifyInstance, options: CorsOptions): Promise<void> {
  const { origins, credentials = false, maxAge = 600_000 } = options
  if (origins === '*' && credentials) {
    throw new PosthouseError('invalid_option', "cors cannot allow credentials to the origins '*'; list the origins")
  }
  const { default: cors } = await import('@fastify/cors')
  await server.register(cors, {
    origin: origins === '*' ? '*' : [...origins],
    credentials,
    methods: [...(options.methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])],
    exposedHeaders: [...(options.exposedHeaders ?? ['x-request-id'])],
    ...(options.allowedHeaders !== undefined && { allowedHeaders: [...options.allowedHeaders] }),
    maxAge: Math.round(maxAge / 1000),
  })
}

/** An event that waits in a compressor for others to come reaches nobody. */
const compressible = /^(?!text\/event-stream)(text\/|application\/([\w.+-]*\+)?(json|xml|javascript|wasm)|image\/svg)/

/** Compresses responses for clients that ask for it. */
export async function addCompression(server: FastifyInstance, { threshold = 1024 }: CompressionOptions): Promise<void> {
  const { default: compress } = await import('@fastify/compress')
  await server.register(compress, {
    threshold,
    encodings: ['zstd', 'br', 'gzip'],
    customTypes: compressible,
    // Bodies that come compressed are refused: a small one could become a large one.
    globalDecompression: false,
  })
}

/** Serves the files of a folder. Those whose name begins with a dot are not served. */
export async function addStatic(server: FastifyInstance, { prefix, folder, ...options }: StaticFolder): Promise<void> {
  const { default: files } = await import('@fastify/static')
  const { index = 'index.html', maxAge = 0 } = options
  await server.register((instance, _options, done) => {
    instance.addHook('onRequest', (request, reply, next) => {
      reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
      next()
    })
    void instance.register(files, {
      root: resolve(folder),
      prefix,
      decorateReply: false,
      dotfiles: 'ignore',
      index: index ?? false,
      maxAge,
    })
    done()
  })
}
