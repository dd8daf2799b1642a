import { existsSync, readFileSync } from 'node:fs'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { Hub } from '@posthouse/hub'
import type { ProcedureTree } from '@posthouse/rpc'
import type { App } from '@posthouse/web'
import { isApp, loadModule } from '../app/load-app.ts'
import { nearest } from './nearest.ts'

/** What a configuration file may hold: settings by the names of the options, and parts of the node's own. */
export interface ConfigFile {
  /** Where it lies; nothing where there is none. */
  readonly path: string | undefined
  readonly settings: Readonly<Record<string, unknown>>
  /** Served on the port of the node. */
  readonly app?: App
  /** Served over Socket.IO, HTTP and the hub; those that `--procedures` names take their place. */
  readonly procedures?: ProcedureTree
  /** Called with the hub before anybody comes in: adds handlers, listeners and subscriptions. */
  readonly onHub?: (hub: Hub) => unknown
}

/** What is looked for where no file is named, in this order. */
export const configFileNames: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map(
  (extension) => `posthouse.config.${extension}`,
)

const exported = ['settings', 'app', 'procedures', 'onHub'] as const

/** The configuration file in the working folder, if there is any. */
export function findConfigFile(): string | undefined {
  return configFileNames.find((name) => existsSync(name))
}

/**
 * Reads a configuration file: the one that is named, or the one in the working folder, if any.
 * @throws PosthouseError `invalid_option`
 */
export async function readConfigFile(named: string | undefined): Promise<ConfigFile> {
  const path = named ?? findConfigFile()
  if (path === undefined) return { path, settings: {} }
  if (!existsSync(path)) throw new PosthouseError('invalid_option', `there is no configuration file ${path}`)
  return path.endsWith('.json') ? { path, settings: readJson(path) } : readModule(path)
}

function readJson(path: string): ConfigFile['settings'] {
  try {
    return assertSettings(JSON.parse(readFileSync(path, 'utf8')), path)
  } catch (cause) {
    if (cause instanceof PosthouseError) throw cause
    throw new PosthouseError('invalid_option', `${path} is no JSON: ${reasonOf(cause)}`, { cause })
  }
}

async function readModule(path: string): Promise<ConfigFile> {
  const { settings = {}, app, procedures, onHub } = partsOf(await loadModule(path), path)
  if (app !== undefined && !isApp(app)) throw wrong(path, 'app must be what createApp made')
  if (procedures !== undefined && (typeof procedures !== 'object' || procedures === null)) {
    throw wrong(path, 'procedures must be an object of procedures')
  }
  if (onHub !== undefined && typeof onHub !== 'function') throw wrong(path, 'onHub must be a function of the hub')
  return {
    path,
    settings: assertSettings(settings, path),
    ...(app !== undefined && { app }),
    ...(procedures !== undefined && { procedures: procedures as ProcedureTree }),
    ...(onHub !== undefined && { onHub: onHub as (hub: Hub) => unknown }),
  }
}

/** A program exports its parts one by one, or all of them as its default. */
function partsOf(module: Readonly<Record<string, unknown>>, path: string): Readonly<Record<string, unknown>> {
  const { default: whole, ...named } = module
  for (const name of Object.keys(named)) assertPart(name, path)
  if (whole === undefined) return named
  if (Object.keys(named).length > 0) throw wrong(path, 'it exports parts by name and a default; one of both will do')
  if (typeof whole !== 'object' || whole === null) throw wrong(path, 'its default must be what defineConfig takes')
  for (const name of Object.keys(whole)) assertPart(name, path)
  return whole as Readonly<Record<string, unknown>>
}

function assertPart(name: string, path: string): void {
  if (exported.some((known) => known === name)) return
  const near = nearest(name, exported)
  const hint = near === undefined ? 'it may have settings, app, procedures and onHub' : `did you mean ${near}?`
  throw wrong(path, `it has ${JSON.stringify(name)}; ${hint}`)
}

function assertSettings(value: unknown, path: string): ConfigFile['settings'] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ConfigFile['settings']
  throw wrong(path, 'the settings must be an object')
}

function wrong(path: string, what: string): PosthouseError {
  return new PosthouseError('invalid_option', `${path}: ${what}`)
}
