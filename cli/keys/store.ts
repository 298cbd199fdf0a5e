import type { Values } from "./value_input.ts";

/** Store of a key's values. */
export interface KeyStore {
  path: string;
  /** Fields that already have a value. */
  present(): Promise<Set<string>>;
  /** Throws if writing is impossible, before values are prompted for. */
  ready(): Promise<void>;
  /** Returns true when the stored values are equal; undefined when that cannot be known. */
  holds(values: Values): Promise<boolean | undefined>;
  /** Writes values; other fields are unchanged. */
  write(values: Values): Promise<void>;
  remove(): Promise<void>;
}
