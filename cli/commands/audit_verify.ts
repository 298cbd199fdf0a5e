import { AUDIT_VERIFICATION, verifyAudit } from "@ssmd/audit";
import { AUDIT_SOURCE_FLAGS, withAudit } from "../audit/audit_source.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { countText } from "../format.ts";

export default defineCommand({
  name: "audit verify",
  brief: "Compute the chain of an audit log anew: exit code 1 where something was changed",
  description:
    "Each event hashes the one before it: a removed, changed or moved event, row or file shows. Who " +
    "can write the log could also compute all of it anew: note the head elsewhere now and then, and " +
    "give it with --contains.",
  examples: ["ssmd audit verify --env kraken", "ssmd audit verify --registry --output json"],
  flags: {
    ...AUDIT_SOURCE_FLAGS,
    contains: text("A head that was noted before: it must be in the chain", {
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
