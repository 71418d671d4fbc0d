/** Limits of a gateway that no test of something else meets. */
export const ROOMY = {
  bodyBytes: 1e6,
  inFlightBytes: 1e7,
  waiting: 100,
  followers: 100,
  backlogs: 10,
  waitSeconds: 5,
  waiters: 10,
} as const;
