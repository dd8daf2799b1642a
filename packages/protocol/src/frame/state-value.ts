import { toBodyValue } from './body-value.ts'

/**
 * A copy of what a client says about itself, as plain data: `toJSON` is applied, bytes become base64 text. `undefined`
 * becomes `null`, which takes back what was said. How long it may be the hub says.
 * @throws PosthouseError `unrepresentable`, `too_deep`
 */
export function toStateValue(value: unknown): unknown {
  return JSON.parse(JSON.stringify(toBodyValue('x-state', value ?? null, 'json')))
}
