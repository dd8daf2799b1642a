import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PosthouseError } from '@posthouse/core'
import type { App } from '@posthouse/web'

/** An app, and why it cannot be served by several processes, where it cannot. */
export interface LoadedApp {
  readonly app: App
  readonly oneProcess: string | undefined
}

/**
 * Loads what a file exports as `app`, or as default.
 * @throws PosthouseError `invalid_option` where there is none; whatever the file throws
 */
export async function loadApp(file: string): Promise<LoadedApp> {
  const path = resolve(file)
  if (!existsSync(path)) throw new PosthouseError('invalid_option', `there is no file ${file}`)
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  const app = module.app ?? module.default
  if (!isApp(app)) {
    const found = Object.keys(module).join(', ') || 'nothing'
    throw new PosthouseError(
      'invalid_option',
      `${file} exports no app (export const app = createApp()); it exports ${found}`,
    )
  }
  const { Hub } = await import('@posthouse/hub')
  const hub = Object.entries(module).find(([, value]) => value instanceof Hub)
  const oneProcess =
    hub === undefined ? app.oneProcess : `its hub (${hub[0]}) knows only the clients of its own process`
  return { app, oneProcess }
}

/** The app may come from another copy of the package, so it is known by what it can do. */
function isApp(value: unknown): value is App {
  if (typeof value !== 'object' || value === null) return false
  const wanted = ['listen', 'drain', 'close', 'routes', 'openapi', 'asyncapi']
  return wanted.every((name) => name in value && typeof (value as Record<string, unknown>)[name] === 'function')
}
