// Generated from package.json by `npm run generate`.

/** Of this package. */
export const httpVersion = '0.1.0'
