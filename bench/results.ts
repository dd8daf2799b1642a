import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { CatalogueName } from './catalogue.ts'
import type { Facts } from './facts.ts'
import type { Table } from './table.ts'

/** One run of one benchmark. */
export interface Result {
  readonly benchmark: CatalogueName
  /** The words behind its name. */
  readonly words: string
  readonly facts: Facts
  readonly tables: readonly Table[]
  /** What is to be known about this run. */
  readonly note?: string
}

const folder = new URL('../docs/performance/results/', import.meta.url)

/** Keeps the result of a benchmark, in the place of the one before. */
export function saveResult(result: Result): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(fileOf(result.benchmark), `${textOf(result)}\n`)
}

/** The result that is kept of a benchmark, if there is any. */
export function keptResult(benchmark: CatalogueName): Result | undefined {
  const file = fileOf(benchmark)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined
}

function fileOf(benchmark: CatalogueName): URL {
  return new URL(`${benchmark}.json`, folder)
}

/** Numbers of one line stay on one line, so that changes can be read. */
function textOf(result: Result): string {
  const list = (text: string): string => text.replaceAll(/\s+/g, '').replaceAll(',', ', ')
  return JSON.stringify(result, kept, 2).replaceAll(/\[[\s\d.,e+-]*\]/g, list)
}

/** What was not found is not kept: JSON has no word for it. */
function kept(_key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => !Number.isNaN(each))
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value
}
