import {
  aClock,
  aFlag,
  anObject,
  anything,
  aText,
  listOf,
  objectWith,
  optionsOf,
  type Rules,
} from '@posthouse/core/options'
import type { SendQueueLimits } from './door/connection.ts'
import type { HubOptions } from './hub-options.ts'
import type { QuotaOptions, RateOptions } from './limits/rates.ts'

/** What numbers must be is told where they are read. */
const aNumber = anything

/** What the options of a hub must be. One that is misspelled would be ignored, and with it a limit or a rule. */
export const hubRules: Rules<HubOptions> = {
  store: anObject,
  heartbeatIntervalMs: aNumber,
  heartbeatTimeoutMs: aNumber,
  helloTimeoutMs: aNumber,
  sessionTtlMs: aNumber,
  leaseMs: aNumber,
  limits: optionsOf<NonNullable<HubOptions['limits']>>({
    frameBytes: aNumber,
    bodyBytes: aNumber,
    inFlight: aNumber,
    windowMessages: aNumber,
    windowBytes: aNumber,
    calls: aNumber,
    subscriptions: aNumber,
  }),
  rates: optionsOf<RateOptions>({ messages: anything, bytes: anything, connects: anything }),
  quotas: optionsOf<QuotaOptions>({
    connections: aNumber,
    strangers: aNumber,
    strangersPerAddress: aNumber,
    idsPerConnection: aNumber,
    groups: aNumber,
    groupMembers: aNumber,
    groupsPerClient: aNumber,
    queues: aNumber,
  }),
  sendQueue: optionsOf<SendQueueLimits>({ softBytes: aNumber, hardBytes: aNumber }),
  crossComm: aFlag,
  authenticate: anything,
  legacyAllow: listOf('rules', anObject),
  statusFile: aText,
  channels: listOf('rules', anObject),
  files: anObject,
  maxClients: aNumber,
  statisticsMs: aNumber,
  allowedOrigins: listOf('origins', aText),
  node: aText,
  logger: objectWith('debug', 'info', 'warn', 'error'),
  clock: aClock,
}
