import type { Address, Hex } from '@deparrow/ledger'
import { Inject } from '@nestjs/common'
import { Args, Mutation, Resolver } from '@nestjs/graphql'
import { SignIn } from '../sign-in/sign-in.service.ts'

@Resolver()
export class SignInResolver {
  constructor(@Inject(SignIn) private readonly service: SignIn) {}

  @Mutation('challenge')
  challenge(@Args('address') address: Address) {
    return this.service.challenge(address)
  }

  @Mutation('signIn')
  async signIn(@Args('message') message: string, @Args('signature') signature: Hex) {
    const answer = await this.service.signIn(message, signature)
    if ('code' in answer) return answer
    return { __typename: 'Session', token: answer.token, address: answer.address, expiresAt: answer.expiresAtMs }
  }
}
