// room: client
// rejected by: style/noRestrictedGlobals
export const bytes: Uint8Array = Buffer.from('a')
