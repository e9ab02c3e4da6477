/** What no spec can reach, as the gate names it, and why. */
export const exclusions: readonly { readonly file: string; readonly what: string; readonly why: string }[] = [
  {
    file: 'src/libraries/PayoutRows.sol',
    what: 'always i < rows.length / ROW_BYTES',
    why: 'It runs only when a row is wrong, and reverts at that row: the end of the loop is for the compiler.',
  },
]
