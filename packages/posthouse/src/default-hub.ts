/** The port of a hub where no other is said. Written here again, because the hub takes longer to load than a help text to print. */
export const defaultPort = 9898

/** Where a hub is looked for when nothing says where it is. */
export const defaultUrl: string = `ws://127.0.0.1:${defaultPort}`
