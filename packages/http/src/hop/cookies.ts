import { aFlag, either, objectWith, type Rule } from '@posthouse/core/options'
import type { HopInterceptor } from '../transport/transport.ts'

/** Keeps cookies. `CookieJar` of tough-cookie is one. */
export interface CookieKeeper {
  /** What belongs into the header `cookie` of a request to `url`. */
  getCookieString(url: string): Promise<string>
  /** Takes one `set-cookie` header of an answer from `url`. What makes no sense is ignored. */
  setCookie(cookie: string, url: string, options: { readonly ignoreError: true }): Promise<unknown>
}

/** True for a jar of one's own that holds nothing yet; or a jar that is kept elsewhere too. */
export type CookieChoice = boolean | CookieKeeper

export const cookiesRule: Rule = either(aFlag, objectWith('getCookieString', 'setCookie'))

/** Sends back what servers set (RFC 6265), to those alone that it is for; also between the hops of a redirection. */
export function cookies(choice: true | CookieKeeper): HopInterceptor {
  let opened: Promise<CookieKeeper> | undefined
  const jar = (): Promise<CookieKeeper> => {
    opened ??= choice === true ? emptyJar() : Promise.resolve(choice)
    return opened
  }
  return async (request, next) => {
    const keeper = await jar()
    const { url, headers } = request
    const cookie = joined(headers.get('cookie'), await keeper.getCookieString(url.href))
    const asked = cookie === '' ? request : request.derive({ headers: headers.copy().set('cookie', cookie) })
    const response = await next(asked)
    for (const set of response.headers.getAll('set-cookie')) {
      await keeper.setCookie(set, url.href, { ignoreError: true })
    }
    return response
  }
}

/** Loaded by those alone who want cookies: the list of public suffixes is large. */
async function emptyJar(): Promise<CookieKeeper> {
  const { CookieJar } = await import('tough-cookie')
  return new CookieJar(undefined, { rejectPublicSuffixes: true })
}

/** What the caller wrote wins over what is kept under the same name. */
function joined(own: string | undefined, kept: string): string {
  if (own === undefined || own === '') return kept
  const names = new Set(own.split(';').map(nameOf))
  return [own, ...kept.split('; ').filter((pair) => pair !== '' && !names.has(nameOf(pair)))].join('; ')
}

function nameOf(pair: string): string {
  return (pair.split('=')[0] ?? '').trim()
}
