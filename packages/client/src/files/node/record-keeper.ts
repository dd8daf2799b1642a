import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { randomHex } from '@posthouse/core'
import type { RecordKeeper, UploadRecord } from '../platform.ts'

/** Keeps notes of uploads as small files, each replaced as a whole. What cannot be kept is done without. */
export function recordKeeper(folder: string = usualFolder()): RecordKeeper {
  const pathOf = (name: string): string => join(folder, `${name}.json`)
  return {
    read: async (name) => {
      try {
        return recordIn(JSON.parse(await readFile(pathOf(name), 'utf8')))
      } catch {
        return undefined
      }
    },
    write: async (name, record) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const fresh = join(folder, `${name}.${randomHex(4)}.new`)
      await writeFile(fresh, JSON.stringify(record), { mode: 0o600, flush: true })
      await rename(fresh, pathOf(name))
    },
    remove: (name) => rm(pathOf(name), { force: true }),
  }
}

/** Where programs of this user keep what is no document and is to outlive them. */
function usualFolder(): string {
  const { LOCALAPPDATA, XDG_STATE_HOME } = process.env
  const state = process.platform === 'win32' ? LOCALAPPDATA : XDG_STATE_HOME
  return join(state || join(homedir(), '.local', 'state'), 'posthouse', 'uploads')
}

function recordIn(value: unknown): UploadRecord | undefined {
  if (typeof value !== 'object' || value === null || !('key' in value && 'messageId' in value)) return undefined
  const { key, messageId } = value
  return typeof key === 'string' && typeof messageId === 'string' ? { key, messageId } : undefined
}
