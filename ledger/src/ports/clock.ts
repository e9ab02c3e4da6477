/** Wall-clock time in milliseconds since 1970-01-01T00:00:00Z; may jump, also backwards. */
export type Clock = { nowMs(): number }
