/** A map over another one that stays as it is: what is changed here is seen here alone. */
export class OverlayMap<K, V> extends Map<K, V> {
  private readonly deleted = new Set<K>()

  constructor(private readonly base: ReadonlyMap<K, V>) {
    super()
  }

  override get(key: K): V | undefined {
    return super.has(key) || this.deleted.has(key) ? super.get(key) : this.base.get(key)
  }

  override has(key: K): boolean {
    return super.has(key) || (!this.deleted.has(key) && this.base.has(key))
  }

  override set(key: K, value: V): this {
    // The constructor of Map may call this before the fields are there.
    this.deleted?.delete(key)
    return super.set(key, value)
  }

  override delete(key: K): boolean {
    const had = this.has(key)
    this.deleted.add(key)
    super.delete(key)
    return had
  }
}
