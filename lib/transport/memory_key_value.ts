import {
  assertKeyValueKey,
  type KeyValueChange,
  type KeyValueEntry,
  type KeyValueStore,
  type KeyValueWatch,
} from "./key_value.ts";

/** Key-value store inside the process. */
export class MemoryKeyValue implements KeyValueStore {
  #entries = new Map<string, KeyValueEntry>();
  #watches = new Set<(change: KeyValueChange) => void>();
  #revision = 0;

  get(key: string): Promise<KeyValueEntry | undefined> {
    return this.#do(key, () => this.#entries.get(key));
  }

  entries(): Promise<KeyValueEntry[]> {
    return Promise.resolve(this.#sorted());
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#do(key, () => this.#put(key, value));
  }

  compareAndSet(key: string, value: Uint8Array, revision: number): Promise<number | undefined> {
    return this.#do(key, () => {
      if ((this.#entries.get(key)?.revision ?? 0) !== revision) return undefined;
      return this.#put(key, value);
    });
  }

  delete(key: string): Promise<void> {
    return this.#do(key, () => {
      if (!this.#entries.delete(key)) return;
      this.#tell({ key, value: undefined, revision: ++this.#revision });
    });
  }

  // deno-lint-ignore require-await
  async watch(
    onChange: (change: KeyValueChange) => void,
    onCurrent: () => void = () => {},
  ): Promise<KeyValueWatch> {
    for (const entry of this.#sorted()) onChange(entry);
    onCurrent();
    const watch = (change: KeyValueChange) => onChange(change);
    this.#watches.add(watch);
    return { unsubscribe: () => void this.#watches.delete(watch) };
  }

  #sorted(): KeyValueEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.key < b.key ? -1 : 1);
  }

  #put(key: string, value: Uint8Array): number {
    const entry = { key, value: value.slice(), revision: ++this.#revision };
    this.#entries.set(key, entry);
    this.#tell(entry);
    return entry.revision;
  }

  #tell(change: KeyValueChange): void {
    for (const watch of this.#watches) watch(change);
  }

  #do<T>(key: string, action: () => T): Promise<T> {
    return Promise.try(() => {
      assertKeyValueKey(key);
      return action();
    });
  }
}
