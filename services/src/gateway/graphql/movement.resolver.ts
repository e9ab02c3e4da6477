import { Inject } from '@nestjs/common'
import { Args, Mutation, Resolver } from '@nestjs/graphql'
import { type LinkedInput, Movements } from './movements.ts'

/** Everything that somebody signs for the ledger, but for jobs, which the market takes. */
@Resolver()
export class MovementResolver {
  constructor(@Inject(Movements) private readonly movements: Movements) {}

  @Mutation('transfer')
  transfer(@Args('transfer') transfer: unknown, @Args('signature') signature: string) {
    return this.movements.submit('transfer', transfer, signature)
  }

  @Mutation('buyService')
  buyService(@Args('purchase') purchase: unknown, @Args('signature') signature: string) {
    return this.movements.submit('buyService', purchase, signature)
  }

  @Mutation('withdraw')
  withdraw(@Args('withdrawal') withdrawal: unknown, @Args('signature') signature: string) {
    return this.movements.submit('withdraw', withdrawal, signature)
  }

  @Mutation('instructPayouts')
  instructPayouts(@Args('instruction') instruction: unknown, @Args('signature') signature: string) {
    return this.movements.submit('instructPayouts', instruction, signature)
  }

  @Mutation('openEscrow')
  openEscrow(@Args('order') order: unknown, @Args('signature') signature: string) {
    return this.movements.submit('openEscrow', order, signature)
  }

  @Mutation('captureEscrow')
  captureEscrow(@Args('capture') capture: unknown, @Args('signature') signature: string) {
    return this.movements.submit('captureEscrow', capture, signature)
  }

  @Mutation('releaseEscrow')
  releaseEscrow(@Args('release') release: unknown, @Args('signature') signature: string) {
    return this.movements.submit('releaseEscrow', release, signature)
  }

  @Mutation('issueIou')
  issueIou(@Args('iou') iou: unknown, @Args('signature') signature: string) {
    return this.movements.submit('issueIou', iou, signature)
  }

  @Mutation('redeemIou')
  redeemIou(@Args('redemption') redemption: unknown, @Args('signature') signature: string) {
    return this.movements.submit('redeemIou', redemption, signature)
  }

  @Mutation('defaultIou')
  defaultIou(@Args('declaration') declaration: unknown, @Args('signature') signature: string) {
    return this.movements.submit('defaultIou', declaration, signature)
  }

  @Mutation('grantPermission')
  grantPermission(@Args('permission') permission: unknown, @Args('signature') signature: string) {
    return this.movements.submit('grantPermission', permission, signature)
  }

  @Mutation('revokePermission')
  revokePermission(@Args('revocation') revocation: unknown, @Args('signature') signature: string) {
    return this.movements.submit('revokePermission', revocation, signature)
  }

  @Mutation('grantCredits')
  grantCredits(@Args('grant') grant: unknown, @Args('signature') signature: string) {
    return this.movements.submit('grantCredits', grant, signature)
  }

  @Mutation('recordReferral')
  recordReferral(@Args('referral') referral: unknown, @Args('signature') signature: string) {
    return this.movements.submit('recordReferral', referral, signature)
  }

  @Mutation('changeConfig')
  changeConfig(@Args('change') change: unknown, @Args('signature') signature: string) {
    return this.movements.submit('changeConfig', change, signature)
  }

  @Mutation('linked')
  linked(@Args('commands') commands: readonly LinkedInput[]) {
    return this.movements.linked(commands)
  }
}
