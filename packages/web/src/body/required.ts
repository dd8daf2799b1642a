import { faultsOf } from '../problem/fault.ts'
import { invalidRequest } from '../request/inputs.ts'

/** What stands for a body that there is no doing without. @throws Problem 422 */
export function required(): never {
  throw invalidRequest(faultsOf('body', [{ message: 'A body is wanted, and none came' }]))
}
