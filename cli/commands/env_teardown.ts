import { loadDeployment } from "@ssmd/metadata";
import { z } from "zod";
import { auditArchive } from "../archive/audit_archive.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { dir } from "../command/flag.ts";
import { assertConfirmed } from "../confirm.ts";
import { notice } from "../context.ts";
import { bytesText, countText } from "../format.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { registryDirOf } from "../registry_dir.ts";
import { findParts } from "../teardown/environment_parts.ts";
import { PART } from "../teardown/part.ts";

export default defineCommand({
  name: "env teardown",
  brief: "Remove all data of an environment: archive, spools, bus, cache, database",
  description:
    "Lists what will be removed, then asks for confirmation. Refused while the environment " +
    "runs. Kept: its file and keys, the audit log, the journal, which records who ran this, " +
    "and versions of objects kept by buckets (ssmd storage prune).",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd env teardown brief --dry-run",
    "ssmd env teardown brief --yes --output json",
  ],
  flags: {
    data: dir("Data folder, as in up --data; default: the environment's"),
    dryRun: DRY_RUN,
  },
  args: [ENV_NAME],
  output: z.object({ env: z.string(), removed: z.boolean(), parts: z.array(PART) }),
  table: ({ parts }) => ({
    rows: parts.map(({ bytes, ...part }) => ({
      ...part,
      size: bytes === null ? null : bytesText(bytes),
    })),
    counted: "part",
  }),
  async run({ flags: { data, dryRun }, args: [env], context }) {
    const deployment = await loadDeployment({
      ...{ env, registryDir: await registryDirOf(context.globals), usesCache: true },
      ...(data === undefined ? {} : { dataDir: data }),
      signsInto: () => [],
    });
    await using found = await findParts(deployment);
    const { parts } = found;
    if (dryRun || parts.length === 0) return { env, removed: false, parts };
    for (const { where, what, items } of parts) {
      notice(context, `${where}: ${what}${items === null ? "" : `, ${countText(items, "item")}`}`);
    }
    assertConfirmed(context, `Remove all data of ${env}? It cannot be got back.`);
    await auditArchive(context, { env, data }, { action: "env teardown", parts });
    await found.remove();
    return { env, removed: true, parts };
  },
});
