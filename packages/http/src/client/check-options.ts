import { PosthouseError } from '@posthouse/core'
import type { HttpClientOptions } from './client-options.ts'
import type { RequestOptions } from './request-options.ts'

/** What an option may be: one of these words or kinds of value, or an object with these options in it. */
interface Form {
  readonly kinds?: readonly string[]
  readonly words?: readonly string[]
  readonly within?: readonly string[] | undefined
}

type Forms<Options> = { readonly [Name in keyof Options]-?: Form }
/** The names of the options of a group, all of them. */
type Names<Group> = Readonly<Record<keyof Extract<Group, object>, true>>

const anything: Form = {}
const flag: Form = { kinds: ['boolean'] }
const aFunction: Form = { kinds: ['function'] }
const list: Form = { kinds: ['list'] }

function group<Group>(names: Names<Group>, ...kinds: readonly string[]): Form {
  return { within: Object.keys(names), kinds }
}

type Given<Name extends keyof HttpClientOptions> = NonNullable<HttpClientOptions[Name]>

const retry = group<Exclude<Given<'retry'>, number | false>>(
  {
    attempts: true,
    totalMs: true,
    baseMs: true,
    multiplier: true,
    capMs: true,
    jitter: true,
    backoff: true,
    statuses: true,
    methods: true,
    retryByError: true,
    retryByResult: true,
    maxRetryAfterMs: true,
    budget: true,
  },
  'number',
  'false',
)
const redirects = group<Exclude<Given<'redirects'>, boolean>>(
  { max: true, allowDowngrade: true, secretHeaders: true },
  'boolean',
)
const errors: Form = { words: ['throw', 'response'] }
/** Its names and numbers are looked at where deadlines are made of them. */
const timeout: Form = { kinds: ['number', 'object'] }

const ofClient: Forms<HttpClientOptions> = {
  preset: { kinds: ['object'] },
  baseUrl: anything,
  headers: anything,
  params: anything,
  timeout,
  pool: group<Given<'pool'>>({ maxConnections: true, maxPerOrigin: true, maxIdle: true, idleMs: true, maxQueue: true }),
  retry,
  rateLimit: group<Given<'rateLimit'>>({ requests: true, perMs: true, per: true, maxQueue: true, adaptive: true }),
  hedge: group<Given<'hedge'>>({ delayMs: true, extra: true }),
  policies: list,
  redirects,
  interceptors: list,
  hops: list,
  logging: group<Exclude<Given<'logging'>, boolean>>(
    { level: true, logger: true, maxBodyChars: true, maxParamsChars: true, maxHeadersChars: true },
    'boolean',
  ),
  metrics: group<Exclude<Given<'metrics'>, boolean>>({ records: true }, 'boolean'),
  logger: { kinds: ['object'] },
  throwOnError: flag,
  errors,
  requestId: aFunction,
  idempotencyKeys: flag,
  limits: group<Given<'limits'>>({ bodyBytes: true }),
  secrets: list,
  transport: aFunction,
  clock: { kinds: ['object'] },
  tls: group<Given<'tls'>>({
    verify: true,
    ca: true,
    cert: true,
    key: true,
    pfx: true,
    passphrase: true,
    pins: true,
    servername: true,
    minVersion: true,
  }),
  proxy: anything,
  http2: flag,
  dns: group<Given<'dns'>>({ ttlMs: true, hosts: true, resolve: true }),
  guard: group<Given<'guard'>>({ allowPrivate: true, allow: true, deny: true, trustProxy: true }),
  decompress: group<Exclude<Given<'decompress'>, boolean>>({ maxBytes: true, maxRatio: true }, 'boolean'),
  cookies: { kinds: ['boolean', 'object'] },
  cache: group<Exclude<Given<'cache'>, boolean>>({ entries: true, maxBytes: true, maxEntryBytes: true }, 'boolean'),
}

const ofRequest: Forms<RequestOptions> = {
  headers: anything,
  params: anything,
  path: { kinds: ['object'] },
  signal: { kinds: ['object'] },
  timeout,
  retry,
  redirects,
  throwOnError: flag,
  errors,
  idempotencyKey: { kinds: ['string', 'boolean'] },
  json: anything,
  form: { kinds: ['object'] },
  multipart: anything,
  body: anything,
  onUploadProgress: aFunction,
}

/** @throws `invalid_option` for an option that a client does not have, or that is of a kind which it cannot be */
export function checkClientOptions(options: HttpClientOptions): void {
  check(options, new Map(Object.entries(ofClient)))
}

/** The same of one request. @throws `invalid_option` */
export function checkRequestOptions(options: RequestOptions): void {
  check(options, requestForms)
}

const requestForms = new Map(Object.entries(ofRequest))

/** Without a list of the entries: it is done for each request. */
function check(options: object, forms: ReadonlyMap<string, Form>): void {
  if (typeof options !== 'object' || options === null) refuse(`options are an object, not ${shown(options)}`)
  for (const name in options) {
    if (!Object.hasOwn(options, name)) continue
    const form = forms.get(name) ?? refuse(`there is no option ${name}, only ${[...forms.keys()].join(', ')}`)
    const value: unknown = Reflect.get(options, name)
    if (value !== undefined && form !== anything) checkValue(name, value, form)
  }
}

function checkValue(name: string, value: unknown, { kinds = [], words, within }: Form): void {
  if (words !== undefined && !words.some((word) => word === value)) {
    refuse(`${name} is ${words.join(' or ')}, not ${shown(value)}`)
  }
  if (within !== undefined && kindOf(value) === 'object') checkNames(name, value as object, within)
  else if (words === undefined && !isOneOf(kinds, value)) refuseKind(name, value, { kinds, within })
}

function refuseKind(name: string, value: unknown, { kinds = [], within }: Form): never {
  const all = within === undefined ? kinds : [...kinds, 'object']
  refuse(`${name} is of the kind ${all.join(' or ')}, not ${shown(value)}`)
}

function checkNames(owner: string, options: object, names: readonly string[]): void {
  const stranger = Object.keys(options).find((name) => !names.includes(name))
  if (stranger !== undefined) refuse(`there is no option ${owner}.${stranger}, only ${names.join(', ')}`)
}

function isOneOf(kinds: readonly string[], value: unknown): boolean {
  return kinds.includes(kindOf(value)) || (value === false && kinds.includes('false'))
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, 100)
}

function refuse(message: string): never {
  throw new PosthouseError('invalid_option', message)
}
