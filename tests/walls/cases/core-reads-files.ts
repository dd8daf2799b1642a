// room: core
// rejected by: correctness/noNodejsModules
import { readFileSync } from 'node:fs'

export const text: string = readFileSync('a.txt', 'utf8')
