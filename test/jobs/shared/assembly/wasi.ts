/**
 * The few functions of WASI preview 1 that the sample jobs use, and plain wrappers around them.
 * Signatures: https://github.com/WebAssembly/WASI/blob/v0.2.0/legacy/preview1/docs.md
 */

@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: u32, iovs: usize, iovsLength: usize, nread: usize): u32

@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: u32, iovs: usize, iovsLength: usize, nwritten: usize): u32

@external("wasi_snapshot_preview1", "args_sizes_get")
declare function args_sizes_get(count: usize, sizeBytes: usize): u32

@external("wasi_snapshot_preview1", "args_get")
declare function args_get(pointers: usize, bytes: usize): u32

@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: u32): void

/** Room for one (pointer, length) pair and one result. */
const vector: usize = memory.data(16)

export const standardInput: u32 = 0
export const standardOutput: u32 = 1
export const standardError: u32 = 2

/** Reads up to `capacity` bytes to `target`; 0 at the end of the stream. */
export function readSome(fd: u32, target: usize, capacity: u32): u32 {
  store<u32>(vector, <u32>target)
  store<u32>(vector, capacity, 4)
  if (fd_read(fd, vector, 1, vector + 8) != 0) fail("cannot read the input\n")
  return load<u32>(vector, 8)
}

/** Writes all of `length` bytes. */
export function writeAll(fd: u32, source: usize, length: u32): void {
  let done: u32 = 0
  while (done < length) {
    store<u32>(vector, <u32>source + done)
    store<u32>(vector, length - done, 4)
    if (fd_write(fd, vector, 1, vector + 8) != 0) exit(74)
    done += load<u32>(vector, 8)
  }
}

export function log(line: string): void {
  writeAll(standardError, changetype<usize>(String.UTF8.encode(line)), <u32>String.UTF8.byteLength(line))
}

export function exit(code: u32): void {
  proc_exit(code)
  unreachable()
}

/** Says why on standard error and ends with code 2. */
export function fail(message: string): void {
  log(message)
  exit(2)
}

/** The arguments behind the program's name. */
export function readArguments(): string[] {
  args_sizes_get(vector, vector + 4)
  const count = load<u32>(vector)
  const pointers = heap.alloc(<usize>(count * 4 + load<u32>(vector, 4)))
  args_get(pointers, pointers + count * 4)
  const result: string[] = []
  for (let index: u32 = 1; index < count; index += 1) {
    const start = <usize>load<u32>(pointers + index * 4)
    let end = start
    while (load<u8>(end) != 0) end += 1
    result.push(String.UTF8.decodeUnsafe(start, end - start))
  }
  return result
}
