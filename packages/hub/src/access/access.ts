import { clientAddress, PosthouseError, parseAddress } from '@posthouse/core'
import { type AddressPattern, compileNames, covers, parsePattern } from './address-pattern.ts'
import { coversChannels } from './coverage.ts'
import type { NameTest } from './glob.ts'
import { type Operation, operations, type Permission } from './permission.ts'

/** Answers that are remembered for each operation. */
const maxAnswers = 256

/** Where one operation is allowed: everywhere, nowhere, or on what the patterns mean. */
type Rule = boolean | PatternRule

/** Where some methods only may be called, and which. */
interface MethodRule {
  readonly where: Rule
  readonly fits: NameTest
}

/** What one client may do, compiled from its permissions. It never changes: what replaces it is another one. */
export class Access {
  /** Every operation on every address: what holds without authentication. */
  static readonly everything: Access = Access.#unlimited()
  /** No operation anywhere. */
  static readonly nothing: Access = new Access([], 'nobody')

  readonly #rules: Record<Operation, Rule> = {
    send: false,
    request: false,
    see: false,
    join: false,
    subscribe: false,
    administer: false,
  }
  readonly #methods: readonly MethodRule[]
  readonly #client: string
  /** The client's own address. */
  readonly #self: string

  /**
   * Compiles the permissions of `client`; without any it may do everything but `administer`.
   * @throws PosthouseError `invalid_option` where a pattern is none
   */
  constructor(permissions: readonly Permission[] | undefined, client: string) {
    this.#client = client
    this.#self = clientAddress(client)
    for (const operation of operations) {
      const wanted = operation === 'request' ? permissions?.filter(({ methods }) => methods === undefined) : permissions
      this.#rules[operation] = wanted === undefined ? operation !== 'administer' : compile(wanted, operation, client)
    }
    this.#methods = (permissions ?? []).flatMap((permission) => {
      const { methods } = permission
      if (methods === undefined) return []
      return [{ where: compile([permission], 'request', client), fits: compileNames(methods, client) }]
    })
  }

  static #unlimited(): Access {
    const access = new Access(undefined, 'hub')
    access.#rules.administer = true
    return access
  }

  /**
   * True where the client may do this to an address in its canonical form (`canonicalAddress`). It always sees itself.
   * Spec: 6.6.
   * @throws PosthouseError `invalid_address`
   */
  may(operation: Operation, address: string): boolean {
    return allows(this.#rules[operation], address) || (operation === 'see' && address === this.#self)
  }

  /**
   * True where the client may call this method at an address in its canonical form.
   * @throws PosthouseError `invalid_address`
   */
  mayCall(address: string, method: string): boolean {
    return (
      this.may('request', address) || this.#methods.some(({ where, fits }) => fits(method) && allows(where, address))
    )
  }

  /**
   * Refuses what the client may not do. The error does not tell whether there is anybody at the address.
   * @throws PosthouseError `forbidden`, `invalid_address`
   */
  assertMay(operation: Operation, address: string): void {
    if (this.#rules[operation] === true || this.may(operation, address)) return
    const message = `${JSON.stringify(this.#client)} has no permission to ${operation} ${JSON.stringify(address)}`
    throw new PosthouseError('forbidden', message)
  }

  /** True where the client may do this to every channel that fits a pattern, given in its parts. Spec: 4.7.5. */
  mayChannels(operation: Operation, parts: readonly string[]): boolean {
    const rule = this.#rules[operation]
    return typeof rule === 'boolean' ? rule : rule.allowsChannels(parts)
  }

  /** True where the client may do this to every address. */
  mayAlways(operation: Operation): boolean {
    return this.#rules[operation] === true
  }

  /** `may('see', …)` for very many clients, by id: nothing is parsed, and nothing remembered. */
  sees(client: string): boolean {
    const rule = this.#rules.see
    if (typeof rule === 'boolean') return rule || client === this.#client
    return client === this.#client || rule.meansClient(client)
  }
}

/** Patterns of addresses, and what was last asked about them. */
class PatternRule {
  readonly #patterns: readonly AddressPattern[]
  #answers = new Map<string, boolean>()

  constructor(patterns: readonly AddressPattern[]) {
    this.#patterns = patterns
  }

  meansClient(name: string): boolean {
    return this.#patterns.some((pattern) => covers(pattern, { kind: 'client', name }))
  }

  allowsChannels(parts: readonly string[]): boolean {
    return coversChannels(
      this.#patterns.flatMap((pattern) => (pattern.parts === undefined ? [] : [pattern.parts])),
      parts,
    )
  }

  allows(address: string): boolean {
    const known = this.#answers.get(address)
    if (known !== undefined) return known
    const parsed = parseAddress(address)
    const answer = this.#patterns.some((pattern) => covers(pattern, parsed))
    if (this.#answers.size >= maxAnswers) this.#answers = new Map()
    this.#answers.set(address, answer)
    return answer
  }
}

function allows(rule: Rule, address: string): boolean {
  return typeof rule === 'boolean' ? rule : rule.allows(address)
}

function compile(permissions: readonly Permission[], operation: Operation, client: string): Rule {
  const patterns = permissions
    .filter((permission) => permission.operations.includes(operation))
    .flatMap(({ addresses }) => addresses.map((text) => parsePattern(text, client)))
  if (patterns.some(({ kind }) => kind === undefined)) return true
  return patterns.length > 0 && new PatternRule(patterns)
}
