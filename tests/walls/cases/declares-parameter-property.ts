// room: core
// rejected by: style/noParameterProperties
export class Point {
  constructor(readonly x: number) {}
}
