// room: core
// rejected by: nursery/noFloatingPromises
async function later(): Promise<void> {
  await Promise.resolve()
}

export function now(): void {
  later()
}
