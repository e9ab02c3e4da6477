/** From a millisecond to ten seconds, so that the promised 30 and 100 ms lie between buckets. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
