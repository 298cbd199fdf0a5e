import { type Logger, messageOf, StorageError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { z } from "zod";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Options of {@linkcode KeptFiles}. */
interface KeptFilesOptions {
  env: string;
  shard: string;
  storage: Storage;
  logger: Logger;
}

/** What the signals of a shard keep in storage over restarts, as JSON. */
export class KeptFiles {
  #options: KeptFilesOptions;

  constructor(options: KeptFilesOptions) {
    this.#options = options;
  }

  #key(name: string): string {
    const { env, shard } = this.#options;
    return `normalized/${env}/signals-${shard}.${name}.json`;
  }

  /** Returns a value; undefined when missing or unreadable. Throws StorageError. */
  async read<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const key = this.#key(name);
    try {
      return schema.parse(JSON.parse(DECODER.decode(await this.#options.storage.get(key))));
    } catch (error) {
      if (error instanceof StorageError && error.code === "NOT_FOUND") return undefined;
      if (error instanceof StorageError) throw error;
      this.#options.logger.warn("what was kept cannot be read", { key, error: messageOf(error) });
      return undefined;
    }
  }

  /** Writes a value. Throws StorageError. */
  async write(name: string, value: unknown): Promise<void> {
    await this.#options.storage.put(this.#key(name), ENCODER.encode(JSON.stringify(value)));
  }
}
