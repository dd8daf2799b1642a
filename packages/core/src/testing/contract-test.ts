/** Declares one test: `test` of `node:test`, or anything called the same way. */
export type ContractTest = (name: string, body: () => Promise<void>) => unknown
