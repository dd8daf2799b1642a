type Call = (api: string, given: readonly unknown[]) => unknown

/** Turns property paths into calls: `proxy.user.get(data)` calls `user.get`. */
export function apiProxy(call: Call, path: readonly string[] = []): object {
  const known = new Map<string, object>()
  // A function, so that it can be called; what is read of it, the handler makes.
  return new Proxy(() => undefined, {
    get: (_, name) => {
      // Whoever awaits the object asks for `then`.
      if (typeof name === 'symbol' || name === 'then') return undefined
      const child = known.get(name) ?? apiProxy(call, [...path, name])
      known.set(name, child)
      return child
    },
    apply: (_, __, given) => call(path.join('.'), given),
  })
}
