export type { Logger } from '@posthouse/core'
export type { Dispatcher } from 'undici'
