import { type Address, type Clock, lowerHex } from '@deparrow/ledger'
import { Inject, Injectable } from '@nestjs/common'
import { parseSiweMessage } from 'viem/siwe'
import { isAddress, recoverMessageAddress } from 'viem/utils'
import type { NetworkInfo } from '../../config/network-info.ts'
import { CLOCK, NETWORK_INFO } from '../../tokens.ts'
import type { RefusalView } from '../graphql/refusal-types.ts'
import { malformed, refusedWith } from '../graphql/refusal-view.ts'
import { Challenges } from './challenges.ts'
import { PublicOrigin } from './public-origin.ts'
import { type Session, Sessions } from './sessions.ts'

/** ERC-4361 messages are a few hundred characters; a statement may be long, but not a book. */
const messageLengthMax = 4_096

/** The fields that must be there. @see https://eips.ethereum.org/EIPS/eip-4361 */
type SignInFields = {
  readonly address: Address
  readonly domain: string
  readonly uri: string
  readonly chainId: number
  readonly nonce: string
  readonly expirationTime?: Date
  readonly notBefore?: Date
}

/** Sign-in with Ethereum (ERC-4361) for wallets with a key of their own. */
@Injectable()
export class SignIn {
  readonly #challenges = new Challenges()

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(PublicOrigin) private readonly origin: PublicOrigin,
    @Inject(NETWORK_INFO) private readonly network: NetworkInfo,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  challenge(wallet: Address) {
    const { host, origin } = this.origin.url()
    return { nonce: this.#challenges.issue(wallet, this.clock.nowMs()), domain: host, uri: origin }
  }

  /** The nonce is used up by the first message of its wallet that names it, also when that message is refused afterwards. */
  async signIn(message: string, signature: `0x${string}`): Promise<Session | RefusalView> {
    const fields = readFields(message)
    if ('code' in fields) return fields
    const refusal = this.#refusalOf(fields) ?? (await signatureRefusal(fields.address, message, signature))
    return refusal ?? this.sessions.open(lowerHex(fields.address))
  }

  #refusalOf(fields: SignInFields): RefusalView | undefined {
    const nowMs = this.clock.nowMs()
    const { host, origin } = this.origin.url()
    if (fields.domain !== host) return refusedWith('DOMAIN_MISMATCH', `The message must name the domain ${host}.`)
    if (originOf(fields.uri) !== origin) return refusedWith('URI_MISMATCH', `The message must name the URI ${origin}.`)
    if (fields.chainId !== this.network.chainId) {
      return refusedWith('CHAIN_MISMATCH', `The message must name chain id ${this.network.chainId}.`)
    }
    if (!this.#challenges.take(fields.nonce, lowerHex(fields.address), nowMs)) {
      return refusedWith(
        'NONCE_UNKNOWN',
        'The nonce is not one for this wallet, was used before or is too old. Ask for another challenge.',
      )
    }
    if (fields.expirationTime !== undefined && fields.expirationTime.getTime() <= nowMs) {
      return refusedWith('MESSAGE_EXPIRED', 'The expiration time of the message has passed. Sign a new one.')
    }
    if (fields.notBefore !== undefined && fields.notBefore.getTime() > nowMs) {
      return refusedWith('MESSAGE_NOT_YET_VALID', 'The message is not valid yet. Check its not-before time.')
    }
    return undefined
  }
}

function readFields(message: string): SignInFields | RefusalView {
  if (message.length > messageLengthMax) {
    return malformed('message', `is longer than ${messageLengthMax} characters`)
  }
  const fields = parseSiweMessage(message)
  const missing = (['address', 'domain', 'uri', 'chainId', 'nonce', 'version'] as const).find(
    name => fields[name] === undefined,
  )
  if (missing !== undefined) return malformed('message', `is no ERC-4361 message: there is no ${missing}`)
  if (!isAddress(fields.address ?? '', { strict: false })) return malformed('message', 'names no address')
  const dates = [fields.expirationTime, fields.notBefore, fields.issuedAt]
  if (dates.some(date => date !== undefined && Number.isNaN(date.getTime()))) {
    return malformed('message', 'has a time that is no RFC 3339 time')
  }
  return fields as SignInFields
}

async function signatureRefusal(address: Address, message: string, signature: `0x${string}`) {
  const signer = await recoverMessageAddress({ message, signature }).catch(() => undefined)
  if (signer !== undefined && lowerHex(signer) === lowerHex(address)) return undefined
  return refusedWith('INVALID_SIGNATURE', `The signature is not one of ${address} over this message (ERC-191).`)
}

function originOf(uri: string): string | undefined {
  return URL.canParse(uri) ? new URL(uri).origin : undefined
}
