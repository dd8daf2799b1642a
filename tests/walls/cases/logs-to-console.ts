// room: hub
// rejected by: suspicious/noConsole
export function greet(): void {
  console.log('hello')
}
