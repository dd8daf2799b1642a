import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PosthouseError } from '@posthouse/core'
import { problem } from '../problem/problem.ts'

/** The documentation pages that others made. */
export type PageKind = 'swagger' | 'redoc' | 'scalar'

/** By which package each page is brought. None is loaded, or need be installed, before somebody opens its page. */
const packageOf: Readonly<Record<PageKind, string>> = {
  swagger: '@fastify/swagger-ui',
  redoc: 'redoc',
  scalar: '@scalar/fastify-api-reference',
}

/** A file of a page. */
export interface Asset {
  readonly type: string
  readonly content: Buffer
}

const script = 'text/javascript; charset=utf-8'
const style = 'text/css; charset=utf-8'

/** The files of each page, by the name under which they are served. */
const files: Readonly<Record<PageKind, Readonly<Record<string, () => Promise<Asset>>>>> = {
  swagger: {
    'swagger-ui.js': () => file('@fastify/swagger-ui/static/swagger-ui-bundle.js', script),
    'swagger-ui.css': () => file('@fastify/swagger-ui/static/swagger-ui.css', style),
  },
  redoc: { 'redoc.js': redocBundle },
  scalar: { 'scalar.js': scalarBundle },
}

const loaded = new Map<string, Promise<Asset>>()

/** The names of a page's files. */
export function assetNames(kind: PageKind): string[] {
  return Object.keys(files[kind])
}

/** A file of a page, kept after it was first asked for. @throws Problem 501 where its package is missing */
export function loadAsset(kind: PageKind, name: string): Promise<Asset> {
  const key = `${kind}/${name}`
  const known = loaded.get(key)
  if (known !== undefined) return known
  const load = files[kind][name]
  if (load === undefined) throw new PosthouseError('unsupported', `${key} is no file of a page`)
  const loading = load().catch((cause: unknown) => {
    loaded.delete(key)
    throw problem(501, `Run npm install ${packageOf[kind]} to see this page`, { code: 'unsupported', cause })
  })
  loaded.set(key, loading)
  return loading
}

async function file(path: string, type: string): Promise<Asset> {
  return { type, content: await readFile(resolve(path)) }
}

/** The package is looked for beside this one first, and then where the program lies. */
function resolve(path: string): string {
  const main = process.argv[1] ?? join(process.cwd(), 'main.js')
  try {
    return createRequire(import.meta.url).resolve(path)
  } catch {
    return createRequire(main).resolve(path)
  }
}

/** ReDoc shows a logo that it fetches from its makers, who would learn who reads the documents. */
async function redocBundle(): Promise<Asset> {
  const { content, type } = await file('redoc/bundles/redoc.standalone.js', script)
  const text = content.toString('utf8').replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,')
  return { type, content: Buffer.from(text) }
}

/** What the package of Scalar exports is a plugin for Fastify, which serves the bundle; nothing else gives it out. */
async function scalarBundle(): Promise<Asset> {
  const { fastify } = await import('fastify')
  const plugin: unknown = await import(pathToFileURL(resolve(packageOf.scalar)).href)
  const server = fastify()
  const { default: scalar } = plugin as { default: Parameters<typeof server.register>[0] }
  await server.register(scalar, { routePrefix: '/scalar', configuration: { content: {} } } as object)
  const { rawPayload, statusCode } = await server.inject('/scalar/js/scalar.js')
  await server.close()
  if (statusCode !== 200) throw new Error(`The bundle of Scalar was answered with ${statusCode}`)
  return { type: script, content: rawPayload }
}
