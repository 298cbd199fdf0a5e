import { z } from "zod";
import { clientStorePath, dataDirOf, keySourceOf, loadRotations } from "@ssmd/metadata";
import { readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { auditPathOf } from "../command/audited.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { registryDirOf } from "../registry_dir.ts";
import { FINDING, scan } from "../security/scan.ts";

export default defineCommand({
  name: "security scan",
  brief: "Look for what is unsafe: exit code 1 where something is found, with what to do",
  description:
    "Files of clients, audit log and keys that other users may read; keys that are too old or of " +
    "unknown age; a gateway that other machines reach without keys; secrets in the registry. " +
    "Packages are not looked at.",
  examples: ["ssmd security scan --env demo"],
  flags: CLIENT_FLAGS,
  output: z.array(FINDING),
  table: rowsOf("finding"),
  failed: (findings) => findings.length > 0,
  async run({ flags, context }) {
    const registryDir = await registryDirOf(context.globals);
    return await readClients(context, flags, async ({ environment, admin }) => {
      const clients = clientStorePath(environment, dataDirOf(environment, flags.data));
      const stores = [clients, auditPathOf(environment, flags.data)]
        .filter((path) => path !== undefined);
      const sources = Object.values(environment.keys).map(keySourceOf);
      const keys = sources.flatMap((source) => source.kind === "file" ? [source.path] : []);
      return scan({
        ...{ environment, registryDir, nowMs: Date.now() },
        rotations: await loadRotations(registryDir, environment.name),
        accounts: await admin.accounts(),
        privateFiles: [...stores.flatMap((file) => [file, `${file}-wal`]), ...keys],
      });
    });
  },
});
