/** Error numbers of WASI preview 1 that the host answers with. */
export const errno = {
  success: 0,
  badDescriptor: 8,
  fault: 21,
  invalid: 28,
  noSystemCall: 52,
  notSeekable: 70,
  notCapable: 76,
} as const
