/** Thrown at start for a variable of the environment that is missing or cannot be used. The message names it and says what it takes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly variable: string
  constructor({
    variable,
    problem,
    takes,
  }: { readonly variable: string; readonly problem: string; readonly takes: string }) {
    super(`${variable} ${problem}; set it to ${takes}`)
    this.variable = variable
  }
}
