import { anObject, aText, listOf, type Rules } from '@posthouse/core/options'
import type { RouterOptions } from './router.ts'

/** What the options of a router must be. */
export const routerRules: Rules<RouterOptions> = {
  prefix: aText,
  tags: listOf('texts', aText),
  dependencies: listOf('dependencies', anObject),
  responses: anObject,
}
