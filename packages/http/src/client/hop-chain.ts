import { intercept } from '@posthouse/core'
import { hopsOf } from '../hop/hops.ts'
import { followRedirects, type RedirectOptions } from '../redirect/redirects.ts'
import type { Transport } from '../transport/transport.ts'
import type { HttpClientOptions } from './client-options.ts'

/** The ways that the hops of a client can take. */
export interface HopChain {
  /** With the redirections that the client follows. */
  readonly usual: Transport
  /** With those that one request follows. */
  with(redirects: boolean | RedirectOptions | undefined): Transport
}

/** Puts together what a request passes below its retries: redirections, then what looks at each hop, then the network. */
export function hopChain(options: HttpClientOptions, network: Transport): HopChain {
  const { redirects = true, secrets = [] } = options
  const bare = intercept([...(options.hops ?? []), ...hopsOf(options)], network)
  const following = (rules: RedirectOptions): Transport => {
    const secretHeaders = [...secrets, ...(rules.secretHeaders ?? [])]
    return intercept([followRedirects({ ...rules, secretHeaders })], bare)
  }
  const rules = typeof redirects === 'object' ? redirects : {}
  const allowed = following(rules)
  const usual = redirects === false ? bare : allowed
  return {
    usual,
    with: (asked) => {
      if (asked === undefined) return usual
      if (typeof asked === 'boolean') return asked ? allowed : bare
      return following({ ...rules, ...asked })
    },
  }
}
