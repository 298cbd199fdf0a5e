import type { SpanFlags } from "../archive/time_span.ts";
import { SPAN_FLAGS } from "../archive/time_span.ts";
import { ARCHIVE_FLAG, ENV_FILTER_FLAG, OUTPUT_FLAG } from "../flags.ts";
import type { OutputFormat } from "../render.ts";

/** Flags of the commands that tell what is archived. */
export interface InventoryFlags extends SpanFlags {
  data?: string;
  env?: string;
  feed?: string[];
  version?: string;
  output: OutputFormat;
}

/** The same, as they are parsed. */
export const INVENTORY_FLAGS = {
  data: ARCHIVE_FLAG,
  env: ENV_FILTER_FLAG,
  feed: {
    kind: "parsed",
    parse: String,
    brief: "Of this feed; may be repeated",
    optional: true,
    variadic: true,
    placeholder: "feed",
    completes: "feed",
  },
  ...SPAN_FLAGS,
  version: {
    kind: "parsed",
    parse: String,
    brief: "Version of the records; default what is promoted",
    optional: true,
    placeholder: "version",
  },
  output: OUTPUT_FLAG,
} as const;
