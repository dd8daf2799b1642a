import { PosthouseError } from '@posthouse/core'

/** The number of an option, or `otherwise`. @throws `invalid_option` for one below `least`, or none at all */
export function bound(name: string, value: number | undefined, otherwise: number, least = 1): number {
  const chosen = value ?? otherwise
  if (chosen >= least) return chosen
  throw new PosthouseError('invalid_option', `${name} is ${chosen}; it must be ${least} or more`)
}
