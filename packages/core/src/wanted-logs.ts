import type { LogKind, LogQuery } from './store.ts'

/** Whether the log of an address is of this kind. */
export function isLogKind(to: string, kind: LogKind): boolean {
  return kind === 'all' ? to === 'all' : to.startsWith(`${kind}:`)
}

/** Those of a store's logs that a query is about. */
export function wantedLogs<Log extends { readonly to: string }>(
  logs: ReadonlyMap<string, Log>,
  wanted: LogQuery,
): Log[] {
  if ('to' in wanted) {
    const log = logs.get(wanted.to)
    return log === undefined ? [] : [log]
  }
  return [...logs.values()].filter(({ to }) => isLogKind(to, wanted.kind) && wanted.matches(to))
}
