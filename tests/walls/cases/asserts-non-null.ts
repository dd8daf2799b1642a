// room: core
// rejected by: style/noNonNullAssertion
export function first(names: readonly string[]): string {
  return names[0]!
}
