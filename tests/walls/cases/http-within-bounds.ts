// room: http
// rejected by: nothing
import { readFileSync } from 'node:fs'
import { thing } from '@posthouse/core'
import { Agent } from 'undici'

export const all: readonly unknown[] = [readFileSync, new Agent(), thing]
