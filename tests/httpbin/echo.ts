import { isUtf8 } from 'node:buffer'
import type { Exchange } from './exchange.ts'

type Fields = Record<string, string | string[]>

/** What was asked, in the words of httpbin. */
export async function echo(exchange: Exchange, keys: readonly string[]): Promise<Record<string, unknown>> {
  const { form, files, isForm } = await formOf(exchange)
  const all: Record<string, unknown> = {
    url: exchange.url.href,
    args: grouped(exchange.query),
    form,
    files,
    data: isForm ? '' : textOf(exchange.body, 'application/octet-stream'),
    json: isForm ? null : jsonOf(exchange.body),
    origin: exchange.header('x-forwarded-for') ?? plainAddress(exchange.request.socket.remoteAddress),
    headers: headersOf(exchange),
    method: exchange.method,
  }
  return Object.fromEntries(keys.map((key) => [key, all[key]]))
}

/** One value by itself, several as a list. */
export function grouped(pairs: Iterable<readonly [string, string]>): Fields {
  const fields: Fields = {}
  for (const [name, value] of pairs) {
    const before = fields[name]
    fields[name] = before === undefined ? value : [before, value].flat()
  }
  return fields
}

/** Headers under the names that CGI programs see. */
export function headersOf({ request }: Exchange): Record<string, string> {
  const named = Object.entries(request.headers).map(([name, value]) => [titled(name), String(value)] as const)
  return Object.fromEntries(
    named.filter(([name]) => name !== 'X-Forwarded-For').sort(([one], [other]) => (one < other ? -1 : 1)),
  )
}

function titled(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

function plainAddress(address = ''): string {
  return address.replace(/^::ffff:/, '')
}

async function formOf(exchange: Exchange): Promise<{ form: Fields; files: Fields; isForm: boolean }> {
  const type = exchange.header('content-type') ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return { form: grouped(new URLSearchParams(exchange.body.toString())), files: {}, isForm: true }
  }
  if (!type.startsWith('multipart/form-data')) return { form: {}, files: {}, isForm: false }
  const data = await new Response(exchange.body, { headers: { 'content-type': type } }).formData()
  const form: [string, string][] = []
  const files: [string, string][] = []
  for (const [name, value] of data) {
    if (typeof value === 'string') form.push([name, value])
    else files.push([name, textOf(Buffer.from(await value.arrayBuffer()), value.type)])
  }
  return { form: grouped(form), files: grouped(files), isForm: true }
}

function textOf(bytes: Buffer, type: string): string {
  return isUtf8(bytes) ? bytes.toString() : `data:${type};base64,${bytes.toString('base64')}`
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return null
  }
}
