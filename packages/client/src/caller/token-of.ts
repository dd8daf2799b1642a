import type { CallSettings } from './call-settings.ts'

/** The token of this connection or request. */
export async function tokenOf({ token }: Pick<CallSettings, 'token'>): Promise<string | undefined> {
  return typeof token === 'function' ? await token() : token
}
