import { INSTRUMENT_FILE } from "@ssmd/metadata";
import { isoOfUs } from "@ssmd/runtime";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { flatRows } from "../render.ts";
import { AS_OF_TIME, INSTRUMENT_ID, KNOWN_AT, timesOf } from "../secmaster/flags.ts";
import { instrumentOf, MASTER_FLAGS, notKnownThen, openMaster } from "../secmaster/open_master.ts";

export default defineCommand({
  name: "secmaster show",
  brief: "Show an instrument, now or as of a time",
  description:
    "Two times can be given: --as-of shows what was in force at a time, --known-at leaves " +
    "out what became known later. Default: what is in force now, by everything known.",
  examples: [
    "ssmd secmaster show BTCUSD",
    "ssmd secmaster show BTCUSD --as-of 2026-02-01 --known-at 2026-11-28 --output json",
  ],
  flags: { ...MASTER_FLAGS, asOf: AS_OF_TIME, knownAt: KNOWN_AT },
  args: [INSTRUMENT_ID],
  output: z.object({
    ...{ id: z.string(), name: z.string(), asset_class: z.string() },
    ...{ as_of: z.string(), known_at: z.string() },
    version: INSTRUMENT_FILE.shape.versions.element,
    mappings: INSTRUMENT_FILE.shape.mappings.unwrap(),
  }),
  table: (value) => ({ rows: flatRows(value) }),
  async run({ flags, args: [id], context }) {
    const master = await openMaster(context, flags);
    const instrument = instrumentOf(master, id);
    const at = timesOf(flags);
    const version = master.versionAt(id, at);
    if (version === undefined) throw notKnownThen(instrument);
    const { name, asset_class, mappings } = instrument;
    return {
      ...{ id, name, asset_class },
      ...{ as_of: isoOfUs(at.asOfUs), known_at: isoOfUs(at.knownAtUs) },
      ...{ version, mappings },
    };
  },
});
