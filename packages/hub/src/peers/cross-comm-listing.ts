import { type CrossCommClient, crossCommList, maxCrossCommBytes } from '@posthouse/protocol/cross-comm'

/**
 * The content of a list that fits into a frame, and how many clients are in it. A frame above the limit would end the
 * peer's connection; a shorter list at least arrives. Spec: 9.7.1.
 */
export function fittingList(
  clients: readonly CrossCommClient[],
  onlyOnline: boolean,
): { readonly content: string; readonly listed: number } {
  const most = maxCrossCommBytes - 4096
  let shown = clients
  let content = crossCommList(shown, onlyOnline)
  for (let bytes = Buffer.byteLength(content); bytes > most; bytes = Buffer.byteLength(content)) {
    shown = shown.slice(0, Math.floor((shown.length * 0.95 * most) / bytes))
    content = crossCommList(shown, onlyOnline)
  }
  return { content, listed: shown.length }
}
