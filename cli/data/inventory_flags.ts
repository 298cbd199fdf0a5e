import { ARCHIVE, FEEDS, RECORDS_VERSION, SPAN_FLAGS } from "../archive/archive_flags.ts";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import type { ValuesOf } from "../command/flag.ts";

/** Flags of commands that list archived data. */
export const INVENTORY_FLAGS = {
  data: ARCHIVE,
  env: ENVIRONMENT_FILTER,
  feed: FEEDS,
  ...SPAN_FLAGS,
  version: RECORDS_VERSION,
};

/** Values of {@linkcode INVENTORY_FLAGS}. */
export type InventoryFlags = ValuesOf<typeof INVENTORY_FLAGS>;
