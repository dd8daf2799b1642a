import { hash } from 'node:crypto'

/**
 * Tells inputs apart. The order of keys does not matter: a program that sends a call again over another way may write it
 * otherwise.
 */
export function inputHash(procedure: string, data: unknown): string {
  return hash('sha256', `${procedure}\n${canonical(data)}`, 'base64url')
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (ArrayBuffer.isView(value)) return JSON.stringify(value)
  let text = '{'
  for (const key of Object.keys(value).sort()) text += `${JSON.stringify(key)}:${canonical(Reflect.get(value, key))},`
  return `${text}}`
}
