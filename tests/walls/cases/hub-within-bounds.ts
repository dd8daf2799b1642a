// room: hub
// rejected by: nothing
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { thing } from '@posthouse/core'
import { decode } from '@posthouse/protocol/cross-comm'
import { parse } from 'yaml'

export const all: readonly unknown[] = [createServer, readFile, thing, decode, parse]
