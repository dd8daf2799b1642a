import { objectWith, type Rule } from '@posthouse/core/options'

/** What a logger must be. */
export const aLogger: Rule = objectWith('debug', 'info', 'warn', 'error')
