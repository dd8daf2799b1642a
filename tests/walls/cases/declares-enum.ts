// room: core
// rejected by: style/noEnum
export enum Colour {
  Red = 'red',
}
