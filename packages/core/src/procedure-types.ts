/** What a procedure takes and gives. It is never there at run time: it carries types from where procedures are made to their callers. */
export interface ProcedureTypes<Input, Output, Item = never> {
  readonly '~procedure'?: { readonly input: Input; readonly output: Output; readonly item: Item } | undefined
}
