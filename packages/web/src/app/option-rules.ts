import {
  aClock,
  aFlag,
  aFunction,
  anObject,
  anything,
  aText,
  either,
  listOf,
  numberFrom,
  objectWith,
  oneOf,
  optionsOf,
  type Rule,
  type Rules,
  wholeFrom,
} from '@posthouse/core/options'
import { routerRules } from '../routing/router-rules.ts'
import type { CompressionOptions, CorsOptions } from '../server/plugins.ts'
import type { SocketSettings } from '../socket/door.ts'
import { socketLimitRules } from '../socket/socket-limits.ts'
import type { BackgroundOptions } from './background.ts'
import type { AppOptions, DocsOptions, RequestLimits } from './options.ts'

const texts = listOf('texts', aText)
const place: Rule = { words: 'a path, or null', holds: (value) => value === null || typeof value === 'string' }

const limits = optionsOf<RequestLimits>({
  bodyLimit: numberFrom(0),
  bodyTimeout: numberFrom(0),
  minBodyRate: numberFrom(0),
  headersTimeout: numberFrom(0),
  handlerTimeout: numberFrom(0),
  keepAliveTimeout: numberFrom(0),
  stallTimeout: numberFrom(0),
})

const docs = optionsOf<DocsOptions>({
  enabled: aFlag,
  openapiUrl: place,
  also: listOf('routers', objectWith('routes')),
  asyncapiUrl: place,
  docsUrl: place,
  redocUrl: place,
  referenceUrl: place,
  asyncapiPageUrl: place,
})

const sockets = optionsOf<SocketSettings>({
  limits: optionsOf(socketLimitRules),
  origins: texts,
  errorFrame: aFunction,
  stopCode: { words: '1001 or 1012', holds: (value) => value === 1001 || value === 1012 },
  clock: aClock,
})

const cors = optionsOf<CorsOptions>(
  {
    origins: either(oneOf('*'), texts),
    credentials: aFlag,
    methods: texts,
    allowedHeaders: texts,
    exposedHeaders: texts,
    maxAge: numberFrom(0),
  },
  'origins',
)

const { prefix: _, ...ofRouter } = routerRules

/** What the options of an app must be. A limit that is misspelled would be none. */
export const appRules: Rules<AppOptions> = {
  ...ofRouter,
  title: aText,
  version: aText,
  description: aText,
  env: oneOf('development', 'test', 'production'),
  docs: either(aFlag, docs),
  lifespan: anObject,
  logger: objectWith('debug', 'info', 'warn', 'error'),
  limits,
  sockets,
  background: optionsOf<BackgroundOptions>({ concurrency: wholeFrom(1), waiting: wholeFrom(0) }),
  // Whoever reads it says why it takes nothing else.
  trustProxy: anything,
  cors,
  compression: either(aFlag, optionsOf<CompressionOptions>({ threshold: numberFrom(0) })),
  accessLog: aFlag,
  formatProblem: aFunction,
  oneProcess: aText,
  drainTimeout: numberFrom(0),
}
