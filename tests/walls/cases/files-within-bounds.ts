// room: files
// rejected by: nothing
import { readFileSync } from 'node:fs'
import { thing } from '@posthouse/core'
import { Server } from '@tus/server'

export const all: readonly unknown[] = [readFileSync, Server, thing]
