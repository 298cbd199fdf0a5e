import { INSTRUMENT_FILE, type InstrumentVersion } from "@ssmd/metadata";
import { z } from "zod";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { INSTRUMENT_ID } from "../secmaster/flags.ts";
import { instrumentOf, MASTER_FLAGS, openMaster } from "../secmaster/open_master.ts";

export default defineCommand({
  name: "secmaster history",
  brief: "List all versions of an instrument in the order in which they became known",
  examples: ["ssmd secmaster history BTCUSD", "ssmd secmaster history BTCUSD --output yaml"],
  flags: MASTER_FLAGS,
  args: [INSTRUMENT_ID],
  output: z.array(INSTRUMENT_FILE.shape.versions.element),
  table: (versions) =>
    rowsOf("version")(versions.map((each, i) => ({
      ...{ known: each.known, effective: each.effective },
      changed: changedFields(each, versions[i - 1]).join(", "),
    }))),
  async run({ flags, args: [id], context }) {
    const { versions } = instrumentOf(await openMaster(context, flags), id);
    return versions.toSorted((a, b) =>
      a.known === b.known ? (a.effective < b.effective ? -1 : 1) : a.known < b.known ? -1 : 1
    );
  },
});

type Version = z.input<typeof INSTRUMENT_FILE.shape.versions.element>;

/** Fields that differ from the previously known version, with their new values. */
function changedFields(version: Version, before: Version | undefined): string[] {
  const names = new Set([...Object.keys(version), ...Object.keys(before ?? {})]);
  return [...names].filter((name) => name !== "effective" && name !== "known")
    .map((name) => name as keyof InstrumentVersion)
    .filter((name) => JSON.stringify(version[name]) !== JSON.stringify(before?.[name]))
    .map((name) => `${name}=${JSON.stringify(version[name] ?? null)}`);
}
