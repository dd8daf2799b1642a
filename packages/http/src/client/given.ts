/** Those settings of `Options` that have a default, each with its value. */
export type Given<Options, Names extends keyof Options> = { readonly [Name in Names]-?: NonNullable<Options[Name]> }
