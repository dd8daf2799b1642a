// room: core
// rejected by: suspicious/noExplicitAny
export function read(value: any): string {
  return value.name
}
