/** By what a client shows who it is, as the documents say it. */
export interface SecurityScheme {
  /** The name of the scheme in the documents. Two dependencies with the same name are one scheme. */
  readonly name: string
  /** A Security Scheme Object of OpenAPI 3.1. */
  readonly describe: Readonly<Record<string, unknown>>
  /** What the token must allow, for OAuth2. Default: nothing in particular. */
  readonly scopes?: readonly string[]
}
