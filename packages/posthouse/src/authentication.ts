import { readFileSync } from 'node:fs'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { Authenticator } from '@posthouse/hub'
import { type Command, Option } from 'commander'

/** What the words of `posthouse up` say about how clients prove who they are. */
export interface AuthenticationWords {
  readonly tokenFile?: string
  readonly jwtSecretFile?: string
  readonly jwtPublicKey?: string
  readonly jwksUrl?: string
  readonly jwtIssuer?: readonly string[]
  readonly jwtAudience?: readonly string[]
}

const ways = ['tokenFile', 'jwtSecretFile', 'jwtPublicKey', 'jwksUrl'] as const

/** Adds them to a command. */
export function withAuthenticationWords(command: Command): Command {
  const way = (flags: string, name: (typeof ways)[number], help: string): Option =>
    new Option(flags, help).conflicts(ways.filter((other) => other !== name))
  const tokens = 'only clients with a token that this file lists (see: posthouse token)'
  const jwks = 'only clients with a JSON Web Token whose key is published at this URL'
  return command
    .addOption(way('--token-file <file>', 'tokenFile', tokens))
    .addOption(way('--jwks-url <url>', 'jwksUrl', jwks))
    .addOption(way('--jwt-public-key <file>', 'jwtPublicKey', 'the same, with the key in a file, in PEM form'))
    .addOption(way('--jwt-secret-file <file>', 'jwtSecretFile', 'the same, with a shared secret, as text (HS256)'))
    .option('--jwt-issuer <names...>', 'who must have issued the JSON Web Tokens')
    .option('--jwt-audience <names...>', 'for whom they must have been issued: the name of this hub')
}

/**
 * Who decides who a client is; nothing where everyone is let in.
 * @throws PosthouseError `invalid_option`, `token_file`
 */
export async function authenticatorOf(words: AuthenticationWords): Promise<Authenticator | undefined> {
  const { jwtSecretFile, jwtPublicKey, jwksUrl, jwtIssuer: issuer, jwtAudience: audience } = words
  if (jwtSecretFile === undefined && jwtPublicKey === undefined && jwksUrl === undefined) {
    if ((issuer ?? audience) !== undefined) {
      throw new PosthouseError('invalid_option', '--jwt-issuer and --jwt-audience need the key of the tokens, too')
    }
    if (words.tokenFile === undefined) return undefined
    return (await import('@posthouse/hub')).tokenFile(words.tokenFile)
  }
  const { jwt } = await import('@posthouse/hub/jwt')
  return jwt({
    ...(jwtSecretFile !== undefined && { secret: read(jwtSecretFile).replace(/\r?\n$/, '') }),
    ...(jwtPublicKey !== undefined && { publicKey: read(jwtPublicKey) }),
    ...(jwksUrl !== undefined && { jwksUrl }),
    ...(issuer && { issuer }),
    ...(audience && { audience }),
  })
}

/** True where an issuer of tokens for many services is trusted, and nothing says which of its tokens are for this hub. */
export function takesTokensForOthers({ jwtPublicKey, jwksUrl, jwtAudience }: AuthenticationWords): boolean {
  return (jwtPublicKey !== undefined || jwksUrl !== undefined) && jwtAudience === undefined
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PosthouseError('invalid_option', `the key file cannot be read: ${reasonOf(cause)}`, { cause })
  }
}
