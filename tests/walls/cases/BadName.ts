// room: core
// rejected by: style/useFilenamingConvention
export const name = 'kebab-case is the rule'
