// room: log
// rejected by: nothing
import { readFileSync } from 'node:fs'
import { thing } from '@posthouse/core'
import { pino } from 'pino'

export const all: readonly unknown[] = [readFileSync, pino(), thing]
