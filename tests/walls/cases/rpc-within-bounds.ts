// room: rpc
// rejected by: nothing
import { createServer } from 'node:http'
import { thing } from '@posthouse/core'
import { createHttpClient } from '@posthouse/http'
import { Server } from 'socket.io'

export const all: readonly unknown[] = [createServer, thing, createHttpClient, Server]
