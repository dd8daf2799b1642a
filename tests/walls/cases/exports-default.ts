// room: core
// rejected by: style/noDefaultExport
export default function answer(): number {
  return 42
}
