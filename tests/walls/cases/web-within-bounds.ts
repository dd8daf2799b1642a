// room: web
// rejected by: nothing
import { readFileSync } from 'node:fs'
import { thing } from '@posthouse/core'
import { fastify } from 'fastify'

export const all: readonly unknown[] = [readFileSync, fastify(), thing]
