import { TransportError } from "@ssmd/runtime";

/** A stored value. */
export interface KeyValueEntry {
  key: string;
  /** Shared with other readers: read-only. */
  value: Uint8Array;
  /** Revision of the store, from 1; rises with each change of any key. */
  revision: number;
}

/** Change of a key; value undefined = deleted. */
export interface KeyValueChange {
  key: string;
  value: Uint8Array | undefined;
  revision: number;
}

/** Open watch of a key-value store. */
export interface KeyValueWatch {
  /** Ends the watch; nothing is delivered afterwards. */
  unsubscribe(): void;
}

/**
 * Key-value store outside the environment's stream; durable where the bus is. Keys are tokens of
 * `A–Z a–z 0–9 _ - / =` separated by dots. Throws and rejects with a TransportError: `KEY_INVALID`,
 * and what the bus refuses.
 */
export interface KeyValueStore {
  /** Returns the newest value; undefined = none. */
  get(key: string): Promise<KeyValueEntry | undefined>;
  /** Returns all values, sorted by key (code units). */
  entries(): Promise<KeyValueEntry[]>;
  /** Writes or replaces a value; returns its revision. */
  put(key: string, value: Uint8Array): Promise<number>;
  /**
   * Writes a value if the key still has `revision` (0 = none); returns the new revision, or
   * undefined when it was changed meanwhile.
   */
  compareAndSet(key: string, value: Uint8Array, revision: number): Promise<number | undefined>;
  /** Deletes a value, if there is one. */
  delete(key: string): Promise<void>;
  /**
   * Delivers all current values, then calls `onCurrent`, then delivers each change in order, also
   * across reconnects. Handlers must not throw.
   */
  watch(onChange: (change: KeyValueChange) => void, onCurrent?: () => void): Promise<KeyValueWatch>;
}

const KEY = /^[\w\-/=]+(\.[\w\-/=]+)*$/;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Throws `KEY_INVALID` for an invalid key. */
export function assertKeyValueKey(key: string): void {
  if (KEY.test(key) && key.length <= 512) return;
  throw new TransportError("KEY_INVALID", `"${key.slice(0, 80)}" is no key of a key-value store`, {
    context: { key: key.slice(0, 80) },
    hint: "Escape other characters than letters, digits and _ - / = as =XX",
  });
}

/** Throws `KEY_INVALID` for an invalid store name. */
export function assertStoreName(name: string): void {
  if (NAME.test(name)) return;
  throw new TransportError("KEY_INVALID", `"${name}" is no name of a key-value store`, {
    context: { name },
    hint: "Use lower-case letters, digits and dashes",
  });
}
