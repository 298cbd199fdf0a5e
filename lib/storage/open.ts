import { ConfigError, suggestion } from "@ssmd/runtime";
import type { Storage } from "./storage.ts";

/** Where objects are kept. */
export type StorageConfig =
  | { type: "memory" }
  | {
    type: "local";
    /** The folder, absolute or relative to the working directory. */
    path: string;
  };

/** What may stand in a configuration; the types not in {@linkcode StorageConfig} are refused. */
const DRIVERS = {
  memory: async () => {
    const { memoryStorage } = await import("./memory.ts");
    return memoryStorage();
  },
  local: async (config: { path: string }) => {
    const { folderStorage } = await import("./local.ts");
    return folderStorage(config.path);
  },
};

/**
 * Opens the storage that a configuration names. Throws a ConfigError `STORAGE_TYPE_UNSUPPORTED`
 * for `s3`, which is not built in this version, and `STORAGE_TYPE_UNKNOWN` for any other type.
 */
export async function openStorage(config: StorageConfig | { type: "s3" }): Promise<Storage> {
  switch (config.type) {
    case "memory":
      return await DRIVERS.memory();
    case "local":
      return await DRIVERS.local(config);
    default:
      throw refusal((config as { type: unknown }).type);
  }
}

function refusal(type: unknown): ConfigError {
  const allowed = Object.keys(DRIVERS);
  if (type === "s3") {
    return new ConfigError(
      "STORAGE_TYPE_UNSUPPORTED",
      'The storage type "s3" is not built in this version.',
      { context: { type }, hint: `Use one of: ${allowed.join(", ")}.` },
    );
  }
  return new ConfigError("STORAGE_TYPE_UNKNOWN", `There is no storage type "${type}".`, {
    context: { type },
    hint: suggestion(String(type), allowed),
  });
}
