import { z } from "zod";
import { auditArchive } from "../archive/audit_archive.ts";
import { defineCommand } from "../command/define.ts";
import { word } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { VERSIONED_ENVIRONMENT, withVersions } from "../storage/versioned.ts";

export default defineCommand({
  name: "storage versioning",
  brief: "Show or set whether buckets keep versions of objects",
  description:
    "enable: overwritten or deleted objects stay as older versions, which cost storage until " +
    "they are pruned. suspend: no new versions are kept; existing ones stay.",
  changes: ({ args: [action] }) => action === "show" ? undefined : "operations",
  shippedRegistry: true,
  examples: [
    "ssmd storage versioning --env archive",
    "ssmd storage versioning enable --env archive",
    "ssmd storage versioning suspend --env archive --yes",
  ],
  flags: { env: VERSIONED_ENVIRONMENT },
  args: [
    word(["show", "enable", "suspend"], "show, enable or suspend", {
      placeholder: "action",
      default: "show",
    }),
  ],
  output: z.array(z.object({
    bucket: z.string(),
    versioning: z.enum(["enabled", "suspended", "off"]),
  })),
  table: rowsOf("bucket"),
  run({ flags: { env }, args: [action], context }) {
    if (action === "suspend") {
      assertConfirmed(
        context,
        "From now on nothing keeps what is deleted or written over. Suspend?",
      );
    }
    return withVersions(context, env, async (versions) => {
      if (action !== "show") {
        await auditArchive(context, { env }, { action: `versioning ${action}` });
        await versions.enable(action === "enable");
      }
      const states = await versions.states();
      return states.map(({ location, state }) => ({ bucket: location, versioning: state }));
    });
  },
});
