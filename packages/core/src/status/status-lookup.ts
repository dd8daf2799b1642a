import { closeRows, httpRows } from './status-table.ts'

/** What is known about a number that has a constant. */
export interface StatusFacts {
  readonly code: number
  /** Of the constant. */
  readonly name: string
  /** The reason phrase, as it stands in the first line of an answer. */
  readonly phrase: string
  /** What it means, as a sentence. */
  readonly english: string
  readonly chinese: string
}

/** What is known about a WebSocket close code that has a constant. */
export interface CloseFacts extends StatusFacts {
  /** False for what an end may find out but never say: 1005, 1006 and 1015. */
  readonly isSendable: boolean
}

let statuses: ReadonlyMap<number, StatusFacts> | undefined
let closeCodes: ReadonlyMap<number, CloseFacts> | undefined

/** What an HTTP or third-party status means; undefined where it has no constant. */
export function lookUpStatus(status: number): StatusFacts | undefined {
  statuses ??= new Map(readRows(httpRows).map(({ isSendable, ...facts }) => [facts.code, facts]))
  return statuses.get(status)
}

/** What a WebSocket close code means; undefined where it has no constant. */
export function lookUpCloseCode(code: number): CloseFacts | undefined {
  closeCodes ??= new Map(readRows(closeRows).map((facts) => [facts.code, facts]))
  return closeCodes.get(code)
}

function readRows(rows: string): CloseFacts[] {
  return rows
    .trim()
    .split('\n')
    .map((row) => {
      const [code = '', name = '', phrase = '', english = '', chinese = ''] = row.split('|')
      return { code: Number.parseInt(code, 10), name, phrase, english, chinese, isSendable: !code.endsWith('-') }
    })
}
