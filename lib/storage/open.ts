import { ConfigError, suggestion } from "@ssmd/runtime";
import type { TryListener } from "./s3_calls.ts";
import type { S3Config } from "./s3_config.ts";
import type { Storage } from "./storage.ts";

/** Configuration of a storage. */
export type StorageConfig =
  | { type: "memory" }
  | {
    type: "local";
    /** Folder, absolute or relative to the working directory. */
    path: string;
  }
  | S3Config;

/** Supported types; others are rejected. */
const DRIVERS = {
  memory: async () => {
    const { memoryStorage } = await import("./memory.ts");
    return memoryStorage();
  },
  local: async (config: { path: string }) => {
    const { folderStorage } = await import("./local.ts");
    return folderStorage(config.path);
  },
  // Lazy import: the SDK costs half a second and 26 MB.
  s3: async (config: S3Config, tries?: TryListener) => {
    const { s3Storage } = await import("./s3.ts");
    return s3Storage(config, {}, tries);
  },
};

/**
 * Opens the configured storage. Throws ConfigError `STORAGE_TYPE_UNKNOWN` for a type that is not in
 * {@linkcode StorageConfig}, and for `s3` the errors of its driver. `tries` is notified of a
 * driver's own retries.
 */
export async function openStorage(config: StorageConfig, tries?: TryListener): Promise<Storage> {
  switch (config.type) {
    case "memory":
      return await DRIVERS.memory();
    case "local":
      return await DRIVERS.local(config);
    case "s3":
      return await DRIVERS.s3(config, tries);
    default:
      throw refusal((config as { type: unknown }).type);
  }
}

function refusal(type: unknown): ConfigError {
  return new ConfigError("STORAGE_TYPE_UNKNOWN", `There is no storage type "${type}"`, {
    context: { type },
    hint: suggestion(String(type), Object.keys(DRIVERS)),
  });
}
