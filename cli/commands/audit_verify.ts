import { AUDIT_VERIFICATION, verifyAudit } from "@ssmd/audit";
import { AUDIT_SOURCE_FLAGS, withAudit } from "../audit/audit_source.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { countText } from "../format.ts";

export default defineCommand({
  name: "audit verify",
  brief: "Verify the hash chain of an audit log; exit code 1 if something was changed",
  description:
    "Each event contains the hash of the one before it, so a removed, changed or moved " +
    "event, row or file is found. The counts by hour, from which reports are made, are compared " +
    "with the events of the hot log. Someone who can write the log could recompute the whole " +
    "chain: note the head elsewhere from time to time, and pass it with --contains.",
  shippedRegistry: true,
  examples: ["ssmd audit verify --env kraken", "ssmd audit verify --registry --output json"],
  flags: {
    ...AUDIT_SOURCE_FLAGS,
    contains: text("A head noted earlier, which must be in the chain", {
      placeholder: "link",
    }),
  },
  output: AUDIT_VERIFICATION,
  table: ({ ok, events, files, head, findings }) =>
    ok
      ? {
        text: `The chain holds: ${countText(events, "event")}, ${
          countText(files, "file")
        }; head ${head}\n`,
      }
      : { rows: findings, counted: "finding", columns: ["where", "position", "finding"] },
  failed: ({ ok }) => !ok,
  run: ({ flags, context }) =>
    withAudit(context, flags, (source) => verifyAudit(source, flags.contains)),
});
