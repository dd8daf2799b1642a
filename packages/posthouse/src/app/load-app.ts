import { statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { App } from '@posthouse/web'
import { placeOf } from './source-frame.ts'

/** An app, and why it cannot be served by several processes, where it cannot. */
export interface LoadedApp {
  readonly app: App
  readonly oneProcess: string | undefined
}

/**
 * Loads what a file exports as `app`, or as default.
 * @throws PosthouseError `invalid_option` where there is none, or the file throws; then with the line
 */
export async function loadApp(file: string): Promise<LoadedApp> {
  const path = resolve(file)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new PosthouseError('invalid_option', `there is no file ${file}`)
  if (!found.isFile())
    throw new PosthouseError('invalid_option', `${file} is no file; name the one that exports the app`)
  const module = await loadModule(file)
  const app = module.app ?? module.default
  if (!isApp(app)) {
    const names = Object.keys(module).join(', ') || 'nothing'
    throw new PosthouseError(
      'invalid_option',
      `${file} exports no app (export const app = createApp()); it exports ${names}`,
    )
  }
  const { Hub } = await import('@posthouse/hub')
  const hub = Object.entries(module).find(([, value]) => value instanceof Hub)
  const oneProcess =
    hub === undefined ? app.oneProcess : `its hub (${hub[0]}) knows only the clients of its own process`
  return { app, oneProcess }
}

/**
 * What a file of the user's exports.
 * @throws PosthouseError `invalid_option` where it throws; then with the line
 */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    const place = placeOf(cause)
    const where = place === undefined ? '' : `, at ${relative('.', place.file)}:${place.line}`
    throw new PosthouseError('invalid_option', `${file} cannot be loaded: ${reasonOf(cause)}${where}`, { cause })
  }
}

/** The app may come from another copy of the package, so it is known by what it can do. */
export function isApp(value: unknown): value is App {
  if (typeof value !== 'object' || value === null) return false
  const wanted = ['listen', 'drain', 'close', 'routes', 'openapi', 'asyncapi']
  return wanted.every((name) => name in value && typeof (value as Record<string, unknown>)[name] === 'function')
}
