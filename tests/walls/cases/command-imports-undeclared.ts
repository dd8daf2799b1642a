// room: posthouse
// rejected by: correctness/noUndeclaredDependencies
import pad from 'left-pad'

export const padded: string = pad('a', 3)
