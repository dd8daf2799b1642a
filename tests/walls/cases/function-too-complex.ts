// room: core
// rejected by: complexity/noExcessiveCognitiveComplexity
export function count(cube: readonly number[][][]): number {
  let found = 0
  for (const plane of cube) {
    for (const row of plane) {
      for (const cell of row) {
        if (cell > 0) {
          if (cell % 2 === 0 || cell % 3 === 0) found += 1
          else found += 2
        }
      }
    }
  }
  return found
}
