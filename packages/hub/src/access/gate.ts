import { type Clock, isPosthouseError, type Logger, PosthouseError, reasonOf } from '@posthouse/core'
import { Access } from './access.ts'
import { compileNames } from './address-pattern.ts'
import { type Identity, type IdentityAttempt, identityOf } from './identity.ts'
import { LegacyRules } from './legacy-rules.ts'
import { type Authenticator, type LoginAttempt, type Principal, readPrincipalName } from './principal.ts'
import { maxTokenLength } from './upgrade-token.ts'

/** What a client is let in with. */
export interface Pass {
  readonly client: string
  /** Nothing where nobody is asked who they are. */
  readonly principal: Principal | undefined
  readonly access: Access
  /** Which answers of the authenticator it comes from: how often they had changed when it was asked. */
  readonly asOf: number
}

/** A connection that was let in, as the gate sees it. */
export interface Guest {
  /** What it may do from now on. */
  access: Access
  /** It may not be here any longer: ends the connection and the session. */
  expel(error: PosthouseError): void
}

/** What a gate works with. */
export interface GateOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Nobody is asked who they are without it. */
  readonly authenticator?: Authenticator | undefined
  /** Which cross_comm programs come in. Default: all without an authenticator, none with one. */
  readonly legacy?: LegacyRules | undefined
}

/** What an authenticator may tell a client. Everything else that it throws is a failure of its own. */
const refusals: ReadonlySet<string> = new Set(['unauthenticated', 'forbidden', 'token_expired', 'token_revoked'])

/** Decides who comes in and what they may do, and goes on looking: tokens expire and are taken back. Spec: 10. */
export class Gate implements Disposable {
  readonly #options: GateOptions
  readonly #legacy: LegacyRules
  readonly #guests = new Map<Guest, Pass & { readonly principal: Principal }>()
  readonly #subscription: Disposable | undefined
  /** How often the authenticator's answers have changed. */
  #changes = 0
  #turns = 0

  constructor(options: GateOptions) {
    this.#options = options
    this.#legacy = options.legacy ?? (options.authenticator ? LegacyRules.nobody : LegacyRules.everybody)
    this.#subscription = options.authenticator?.onChange?.((problem) => this.#changed(problem))
  }

  /** True where v1 clients must say who they are. */
  get guarded(): boolean {
    return this.#options.authenticator !== undefined
  }

  /** True where cross_comm programs come in by rule only. */
  get guardedLegacy(): boolean {
    return this.#legacy !== LegacyRules.everybody
  }

  /** Numbers the logins in the order in which clients ask for them. */
  nextTurn(): number {
    return ++this.#turns
  }

  /** The pass of a client that nobody asks. */
  pass(client: string): Pass {
    return { client, principal: undefined, access: Access.everything, asOf: this.#changes }
  }

  /**
   * Finds out who a v1 client is.
   * @throws PosthouseError `unauthenticated`, `forbidden`, `token_expired`, `token_revoked`, `authentication_unavailable`
   */
  async admit(attempt: LoginAttempt): Promise<Pass> {
    const { authenticator } = this.#options
    if (authenticator === undefined) return this.pass(attempt.client)
    assertTokenLength(attempt)
    try {
      const asOf = this.#changes
      const principal = assertPrincipal(await authenticator.authenticate(attempt))
      return { ...this.#passOf(principal, attempt.client), asOf }
    } catch (error) {
      throw this.#refusal(error, attempt)
    }
  }

  /**
   * Finds out who somebody is that does not log in.
   * @throws PosthouseError what `admit` documents
   */
  async identify({ client = '', ...attempt }: IdentityAttempt): Promise<Identity> {
    const { authenticator, clock } = this.#options
    if (authenticator === undefined) return identityOf(undefined, () => Access.everything)
    assertTokenLength(attempt)
    const whole: LoginAttempt = { ...attempt, client, dialect: 'json' }
    const accessOf = (principal: Principal): Access => {
      const { name, permissions, expiresAt } = principal
      if (client !== '') return this.#passOf(principal, client).access
      if (expiresAt !== undefined && expiresAt <= clock.now()) throw expired()
      return new Access(permissions, name)
    }
    try {
      const asOf = this.#changes
      const principal = assertPrincipal(await authenticator.authenticate(whole))
      const first = { asOf, principal, access: accessOf(principal) }
      return identityOf(principal.name, this.#accessNow(first, authenticator, accessOf))
    } catch (error) {
      throw this.#refusal(error, whole)
    }
  }

  /**
   * The pass as it is now. To be asked in the same moment in which its guest enters: until then nobody tells a change.
   * @throws PosthouseError what `admit` documents
   */
  renewed(pass: Pass): Pass {
    const { principal, client, asOf } = pass
    const { authenticator } = this.#options
    if (asOf === this.#changes || principal === undefined || authenticator === undefined) return pass
    try {
      return this.#passOf(currently(authenticator, principal), client)
    } catch (error) {
      throw this.#refusal(error, pass)
    }
  }

  /**
   * What a cross_comm program may do under this id, coming from this address. Spec: 9.9.
   * @throws PosthouseError `forbidden`
   */
  admitLegacy(client: string, remoteAddress: string): Access {
    const access = this.#legacy.find(client, remoteAddress)
    if (access !== undefined) return access
    const message = `no rule of this hub lets cross_comm programs in as ${client} from ${remoteAddress}`
    throw new PosthouseError('forbidden', message)
  }

  /** Watches over a guest until it leaves. */
  enter(guest: Guest, { principal, ...pass }: Pass): void {
    if (principal !== undefined) this.#guests.set(guest, { ...pass, principal })
  }

  leave(guest: Guest): void {
    this.#guests.delete(guest)
  }

  /** What somebody may do at the moment in which that is asked; nothing once the token has expired or was taken back. */
  #accessNow(
    first: { readonly asOf: number; readonly principal: Principal; readonly access: Access },
    authenticator: Authenticator,
    accessOf: (principal: Principal) => Access,
  ): () => Access {
    let { asOf, principal, access } = first
    return () => {
      const { expiresAt = Number.POSITIVE_INFINITY } = principal
      if (expiresAt <= this.#options.clock.now()) return Access.nothing
      if (asOf === this.#changes) return access
      asOf = this.#changes
      try {
        principal = currently(authenticator, principal)
        access = accessOf(principal)
      } catch {
        access = Access.nothing
      }
      return access
    }
  }

  /** Sends away those whose time has run out. */
  check(): void {
    const now = this.#options.clock.now()
    for (const [guest, { principal }] of this.#guests) {
      if (principal.expiresAt !== undefined && principal.expiresAt <= now) this.#expel(guest, expired())
    }
  }

  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]()
  }

  #passOf(principal: Principal, client: string): Pass {
    const { name, clients, permissions, expiresAt } = principal
    if (expiresAt !== undefined && expiresAt <= this.#options.clock.now()) throw expired()
    // Without a word about ids a principal has its own: a token alone opens nobody else's inbox.
    if (clients === undefined ? client !== name : !compileNames(clients)(client)) {
      throw new PosthouseError('forbidden', `${name} may not log in as ${client}`)
    }
    return { client, principal, access: new Access(permissions, client), asOf: this.#changes }
  }

  /** What the client is told. What its authenticator failed of is for the log only. */
  #refusal(error: unknown, { client, token }: { readonly client: string; readonly token?: string }): PosthouseError {
    if (isPosthouseError(error) && refusals.has(error.code)) return error
    // Whatever library failed may have put what it was given into its message.
    const hidden = (text: string): string => (token ? text.replaceAll(token, '(token)') : text)
    const { cause, stack = '' } = error instanceof Error ? error : {}
    const reason = hidden(cause === undefined ? reasonOf(error) : `${reasonOf(error)}: ${reasonOf(cause)}`)
    this.#options.logger.error('the authenticator has failed', { client, reason })
    this.#options.logger.debug('where the authenticator has failed', { client, stack: hidden(stack) })
    return new PosthouseError('authentication_unavailable', 'who this is cannot be found out at the moment')
  }

  #changed(problem: PosthouseError | undefined): void {
    const { authenticator, logger } = this.#options
    if (problem !== undefined) {
      logger.error('who may connect could not be read again', { code: problem.code, reason: problem.message })
      return
    }
    this.#changes++
    for (const [guest, pass] of this.#guests) if (authenticator) this.#review(authenticator, guest, pass)
    logger.info('who may connect has changed')
  }

  #review(authenticator: Authenticator, guest: Guest, pass: Pass & { readonly principal: Principal }): void {
    try {
      const principal = currently(authenticator, pass.principal)
      if (principal === pass.principal) return
      const renewed = this.#passOf(principal, pass.client)
      this.#guests.set(guest, { ...renewed, principal })
      guest.access = renewed.access
    } catch (error) {
      this.#expel(guest, this.#refusal(error, pass))
    }
  }

  #expel(guest: Guest, error: PosthouseError): void {
    this.#guests.delete(guest)
    guest.expel(error)
  }
}

function currently(authenticator: Authenticator, principal: Principal): Principal {
  const now = authenticator.current === undefined ? principal : authenticator.current(principal)
  if (now === undefined) throw new PosthouseError('token_revoked', 'the token was taken back')
  return now
}

function assertTokenLength({ token = '' }: Pick<LoginAttempt, 'token'>): void {
  if (token.length <= maxTokenLength) return
  throw new PosthouseError('unauthenticated', `the token is longer than ${maxTokenLength} characters`)
}

/** An authenticator of somebody else's may be written in JavaScript; what it forgets must not let everyone in. */
function assertPrincipal(principal: Principal): Principal {
  const { name, expiresAt = 0 } = principal
  readPrincipalName(name)
  if (!Number.isFinite(expiresAt)) throw new TypeError('expiresAt of the principal is no time')
  return principal
}

function expired(): PosthouseError {
  return new PosthouseError('token_expired', 'the token has expired')
}
