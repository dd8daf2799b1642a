export type { SchemaIssue, StandardSchema } from '@posthouse/core'
export type { FastifyInstance } from 'fastify'
export type { WebSocket } from 'ws'
