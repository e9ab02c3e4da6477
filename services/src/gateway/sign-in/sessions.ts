import { type Address, type Clock, isHexOf } from '@deparrow/ledger'
import { errors, jwtVerify, SignJWT } from 'jose'

const issuer = 'deparrow-gateway'

const algorithm = 'HS256'

export type Session = { readonly token: string; readonly address: Address; readonly expiresAtMs: number }

/** Session tokens: JWT by HMAC with SHA-256, naming the signed-in wallet; nothing is kept on the server. */
export class Sessions {
  constructor(
    private readonly secret: Uint8Array,
    private readonly sessionSeconds: number,
    private readonly clock: Clock,
  ) {}

  async open(address: Address): Promise<Session> {
    const nowSeconds = Math.floor(this.clock.nowMs() / 1000)
    const expiresAtSeconds = nowSeconds + this.sessionSeconds
    const token = await new SignJWT()
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(issuer)
      .setSubject(address)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(expiresAtSeconds)
      .sign(this.secret)
    return { token, address, expiresAtMs: expiresAtSeconds * 1000 }
  }

  /** The wallet behind an `Authorization` header; `undefined` for none, or for a token that is not ours or has expired. */
  async wallet(authorization: unknown): Promise<Address | undefined> {
    const token = typeof authorization === 'string' ? /^Bearer (\S+)$/i.exec(authorization)?.[1] : undefined
    if (token === undefined) return undefined
    try {
      const currentDate = new Date(this.clock.nowMs())
      const { payload } = await jwtVerify(token, this.secret, { algorithms: [algorithm], issuer, currentDate })
      return isHexOf(payload.sub, 20) ? payload.sub : undefined
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }
}
