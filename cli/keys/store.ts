import type { Values } from "./value_input.ts";

/** Where the values of a key are written. */
export interface KeyStore {
  path: string;
  /** Fields that are there already. */
  present(): Promise<Set<string>>;
  /** Throws what would stop writing, before anybody is asked for values. */
  ready(): Promise<void>;
  /** Whether these are the values that are there; undefined where that cannot be told. */
  holds(values: Values): Promise<boolean | undefined>;
  /** Writes values, and leaves the other fields as they are. */
  write(values: Values): Promise<void>;
  /** Removes the values of all fields. */
  remove(): Promise<void>;
}
