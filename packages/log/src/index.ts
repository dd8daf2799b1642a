export type { Logger } from '@posthouse/core'
export type { Logger as PinoLogger } from 'pino'
