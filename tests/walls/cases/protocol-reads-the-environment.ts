// room: protocol
// rejected by: style/noRestrictedGlobals
export const home: string | undefined = process.env.HOME
