import type { BodySchema } from '../body/body-kind.ts'
import { form } from '../body/form.ts'
import { jsonSchema } from '../schema/json-schema.ts'

/** What a client sends to get a token by user name and password (RFC 6749, section 4.3.2). */
export interface PasswordGrant {
  readonly grant_type?: 'password'
  readonly username: string
  readonly password: string
  /** Separated by spaces. */
  readonly scope?: string
  readonly client_id?: string
  readonly client_secret?: string
}

const text = { type: 'string' }

/** The body of the endpoint at a `tokenUrl`; that answers `{ access_token, token_type: 'bearer' }`. */
export const passwordGrant: BodySchema<PasswordGrant> = form(
  jsonSchema<PasswordGrant>({
    type: 'object',
    properties: {
      grant_type: { type: 'string', enum: ['password'] },
      username: text,
      password: { type: 'string', format: 'password' },
      scope: text,
      client_id: text,
      client_secret: { type: 'string', format: 'password' },
    },
    required: ['username', 'password'],
  }),
)
