import { runningProcesses } from "@ssmd/runtime";
import { z } from "zod";
import { clientStorePath, dataDirOf, keySourceOf, loadRotations } from "@ssmd/metadata";
import { readClients } from "../client/client_context.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { auditLocationOf } from "../command/audited.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { notice } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";
import { FINDING, scan } from "../security/scan.ts";

export default defineCommand({
  name: "security scan",
  brief: "Scan for insecure settings; exit code 1 when something is found",
  description:
    "Reports, each with its remedy: files of clients, audit log and keys that other users " +
    "can read; keys that are too old or of unknown age; certificates that expire within two " +
    "weeks; a gateway that other machines can reach without keys; secrets in the registry; " +
    "permission sets that are wider than released; packages that are not pinned and locked, " +
    "or known to have been harmful. The scan works offline: it cannot find advisories " +
    "published since this version, what packages do, or other processes of this machine.",
  examples: ["ssmd security scan --env demo"],
  flags: CLIENT_FLAGS,
  output: z.array(FINDING),
  table: rowsOf("finding"),
  failed: (findings) => findings.length > 0,
  async run({ flags, context }) {
    const registryDir = await registryDirOf(context.globals);
    return await readClients(context, flags, async ({ environment, admin }) => {
      const clients = clientStorePath(environment, dataDirOf(environment, flags.data));
      const log = auditLocationOf(environment, flags.data);
      const stores = [clients, log.type === "sqlite" ? log.path : log.waitingPath]
        .filter((path) => path !== undefined);
      const sources = Object.values(environment.keys).map(keySourceOf);
      const keys = sources.flatMap((source) => source.kind === "file" ? [source.path] : []);
      const { key: tlsKey } = environment.gateway.tls ?? {};
      const software = await softwareFiles();
      if (software === undefined) {
        notice(context, "note: this program has no deno.json: its packages are not looked at");
      }
      const dataDir = dataDirOf(environment, flags.data);
      const processes = await runningProcesses(dataDir, environment.name);
      return scan({
        ...{ software, running: processes.map(({ url }) => url) },
        ...{ environment, registryDir, nowMs: Date.now() },
        rotations: await loadRotations(registryDir, environment.name),
        accounts: await admin.accounts(),
        privateFiles: [
          ...stores.flatMap((file) => [file, `${file}-wal`]),
          ...keys,
          ...(tlsKey === undefined ? [] : [tlsKey]),
        ],
      });
    });
  },
});

/** The software's own files; undefined in a compiled program. */
async function softwareFiles() {
  const read = (name: string) =>
    Deno.readTextFile(new URL(`../../${name}`, import.meta.url)).catch(() => undefined);
  const denoJson = await read("deno.json");
  return denoJson === undefined ? undefined : { denoJson, lock: await read("deno.lock") };
}
