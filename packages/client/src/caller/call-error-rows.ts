// Generated from spec/errors.json by `npm run generate`. Change the table there.

/** The failures that only callers of procedures hear of, as rows of core's table. */
export const callErrorRows = '6005 unknown_outcome 6007 call_conflict unknown_call'
