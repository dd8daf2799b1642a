// Generated from package.json by `npm run generate`.

/** Of this package. */
export const hubVersion = '0.1.0'
