/**
 * Largest module that a node takes, in bytes. A module is copied, decoded and rewritten in memory, at about six times its
 * size; programs with a whole language runtime inside stay well below it.
 */
export const moduleBytesMax = 8 * 1024 * 1024

/**
 * Elements that all tables of a module may hold together. Each costs the node some 50 bytes that no linear memory limit
 * sees; compilers put one function pointer in each.
 */
export const tableElementsMax = 65_536

/** A page of linear memory, in bytes: section 4.2.8 of the WebAssembly 2.0 specification. */
export const pageBytes = 65_536

/** Call stack of a job, in MiB; Node's own default for a worker thread. */
export const stackMebibytes = 4

/** JavaScript heap of a worker, in MiB: room to decode the largest module. The job's own memory is not in it. */
export const workerHeapMebibytes = 96

/** Young generation of a worker's heap, in MiB: a worker allocates little, and each MiB is resident threefold. */
export const workerYoungHeapMebibytes = 1
