import { TransportError } from "@ssmd/runtime";

/** A value as the store has it. */
export interface KeyValueEntry {
  key: string;
  /** Shared with other readers, so only to be read. */
  value: Uint8Array;
  /** Place in the store's changes, from 1; rises with each change of any key. */
  revision: number;
}

/** A change of a key; its value is undefined when it was deleted. */
export interface KeyValueChange {
  key: string;
  value: Uint8Array | undefined;
  revision: number;
}

/** A watch of a store. */
export interface KeyValueWatch {
  /** Ends it; nothing is delivered afterwards. */
  unsubscribe(): void;
}

/**
 * The newest values by key, outside the environment's stream; durable where the bus is. Keys are
 * tokens of `A–Z a–z 0–9 _ - / =` with dots between them. Throws and rejects with a TransportError:
 * `KEY_INVALID`, and what the bus refuses.
 */
export interface KeyValueStore {
  /** The newest value; undefined = there is none. */
  get(key: string): Promise<KeyValueEntry | undefined>;
  /** All values, sorted by key (code units). */
  entries(): Promise<KeyValueEntry[]>;
  /** Writes or replaces a value; its revision. */
  put(key: string, value: Uint8Array): Promise<number>;
  /**
   * Writes a value when the key's revision is still the one that the caller saw (0 = there is none);
   * the new revision, or undefined when it was changed meanwhile.
   */
  compareAndSet(key: string, value: Uint8Array, revision: number): Promise<number | undefined>;
  /** Removes a value, if there is one. */
  delete(key: string): Promise<void>;
  /**
   * Tells all values that there are, then `onCurrent`, then each change in order; also across a lost
   * connection. Handlers must not throw.
   */
  watch(onChange: (change: KeyValueChange) => void, onCurrent?: () => void): Promise<KeyValueWatch>;
}

const KEY = /^[\w\-/=]+(\.[\w\-/=]+)*$/;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Throws `KEY_INVALID` for what no store can hold. */
export function assertKeyValueKey(key: string): void {
  if (KEY.test(key) && key.length <= 512) return;
  throw new TransportError("KEY_INVALID", `"${key.slice(0, 80)}" is no key of a key-value store`, {
    context: { key: key.slice(0, 80) },
    hint: "Escape other characters than letters, digits and _ - / = as =XX",
  });
}

/** Throws `KEY_INVALID` for a store's name that no bus can hold. */
export function assertStoreName(name: string): void {
  if (NAME.test(name)) return;
  throw new TransportError("KEY_INVALID", `"${name}" is no name of a key-value store`, {
    context: { name },
    hint: "Use lower-case letters, digits and dashes",
  });
}
