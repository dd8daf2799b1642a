import { bearerToken } from '@posthouse/core'
import { type Hub, isLoopback } from '@posthouse/hub'
import { type Dependency, depends, problem, type RequestView } from '@posthouse/web'
import { isLocalHost } from './local-host.ts'

/** Who administers a node by HTTP. */
export interface Administrator {
  /** The name of the principal; nothing without authentication. */
  readonly name: string | undefined
}

const scheme = {
  name: 'admin',
  describe: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token with the permission `administer`. Without authentication, only this computer has access.',
  },
}

/**
 * A dependency on an administrator. With authentication that is whoever shows a token that may `administer`. Without it,
 * it is whoever sits at this computer: neither another computer, nor a page in a browser that came from elsewhere.
 */
export function administrator(hub: Hub): Dependency<Administrator> {
  return depends({ scope: 'request', security: scheme }, async ({ request, signal }) => {
    if (!hub.guarded) {
      assertThisComputer(request)
      return { name: undefined }
    }
    const token = tokenOf(request)
    const identity = await hub.identify({ token, remoteAddress: request.ip, signal })
    if (identity.may('administer', 'hub')) return { name: identity.name }
    throw problem(403, 'This token has no permission to administer', { code: 'forbidden' })
  })
}

function tokenOf({ headers }: RequestView): string {
  const token = bearerToken(headers.authorization)
  if (token !== undefined) return token
  throw problem(401, 'This is for administrators: send a token in Authorization: Bearer', {
    code: 'unauthenticated',
    headers: { 'www-authenticate': 'Bearer' },
  })
}

/** What a proxy adds. Then the connection comes from this computer, and whoever asks perhaps not. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const

/**
 * Nobody shows who he is here, so what counts is where a request comes from. A page of elsewhere can make a browser send one
 * to a loopback address: from its own origin, or from a name that it has made to point there. Neither has our name as Host
 * and Origin. @throws Problem 403
 */
function assertThisComputer({ headers, raw }: RequestView): void {
  const { remoteAddress = '' } = raw.socket
  if (!isLoopback(remoteAddress) || forwarding.some((name) => headers[name] !== undefined)) {
    throw refused('This node has no authentication, so it can be administered from its own computer only')
  }
  const { host = '', origin } = headers
  if (!isLocalHost(host)) throw refused(`This node cannot be administered under the name ${shown(host)}; use localhost`)
  const site = headers['sec-fetch-site']
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (foreign || (origin !== undefined && !isOrigin(origin, host))) {
    throw refused(`Pages of ${shown(origin ?? 'elsewhere')} may not administer this node`)
  }
}

function isOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}

function refused(detail: string): Error {
  return problem(403, detail, { code: 'forbidden' })
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200))
}
