/** The request has succeeded (RFC 9110, 15.3.1). */
export const HTTP_200_OK = 200
