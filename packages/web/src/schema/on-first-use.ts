/** Makes a value when it is first asked for, so that the start of an app does not wait for what nobody may need. */
export function onFirstUse<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
