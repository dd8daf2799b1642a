import { isMessageType } from '@posthouse/core'
import { isObject } from './frame-shape.ts'

/** True for a value that fits. Every page loads these, so they say nothing about one that does not. */
export type Fits = (value: unknown) => boolean

export type Fields = Readonly<Record<string, Fits>>

const textUpTo =
  (most: number): Fits =>
  (value) =>
    anyText(value) && value !== '' && value.length <= most
export const text: Fits = textUpTo(4096)
export const id: Fits = textUpTo(256)
export const flag: Fits = (value) => typeof value === 'boolean'
export const positive: Fits = (value) => count(value) && value !== 0

export function anyText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

export function count(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

export const optional =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value)
export const oneOf =
  (...words: readonly unknown[]): Fits =>
  (value) =>
    words.includes(value)
export const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits)
export const mapOf =
  (fits: Fits): Fits =>
  (value) =>
    isObject(value) && Object.entries(value).every(([key, each]) => anyText(key) && fits(each))
export const shaped =
  (fields: Fields): Fits =>
  (value) =>
    isObject(value) && misfit(value, fields) === undefined

export const messageType: Fits = (value) => typeof value === 'string' && isMessageType(value)
const headerTexts = mapOf((value) => value === '' || text(value))
export const headers: Fits = (value) => headerTexts(value) && Object.keys(value as object).length <= 64

/** The name of the first field that does not fit, if any. */
export function misfit<Name extends string>(
  value: Readonly<Partial<Record<NoInfer<Name>, unknown>>>,
  fields: Readonly<Record<Name, Fits>>,
): Name | undefined {
  for (const name in fields) if (!fields[name](value[name])) return name
  return undefined
}
