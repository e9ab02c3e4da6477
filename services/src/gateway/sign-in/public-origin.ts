/** The origin under which clients reach the gateway: given, or known once it listens. */
export class PublicOrigin {
  #origin: URL | undefined

  constructor(given: string | undefined) {
    if (given !== undefined) this.#origin = new URL(given)
  }

  /** Called with the address that the gateway listens on; does nothing when an origin was given. */
  listening(url: string): void {
    this.#origin ??= new URL(url)
  }

  url(): URL {
    if (this.#origin === undefined) throw new OriginUnknownError()
    return this.#origin
  }
}

/** Thrown when somebody asks for the origin before the gateway listens and none was given. */
export class OriginUnknownError extends Error {
  override readonly name = 'OriginUnknownError'
  constructor() {
    super('the gateway does not listen yet, so its origin is not known')
  }
}
