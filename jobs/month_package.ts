import { clientStoreConfig, type Environment } from "@ssmd/metadata";
import { keyAudit } from "@ssmd/service";
import { pathExists } from "@ssmd/runtime";
import { usOfMonth } from "./gaps_task.ts";
import type { ArchiveJobs, TaskContext } from "./workflows/archive_jobs.ts";

/** Packs a month of an environment. Throws the errors of its client store and archive. */
export async function packMonth(
  month: string,
  { environment, dataDir, run, context }: {
    environment: Environment;
    dataDir: string;
    run: ArchiveJobs["run"];
    context: TaskContext;
  },
): ReturnType<ArchiveJobs["packMonth"]> {
  // Load the gateway's modules only when needed.
  const { exchangeAudit, parseMonth } = await import("@ssmd/gateway/report");
  const { memoryClientStore, openClientStore } = await import("@ssmd/gateway/access");
  const { name: env, storage } = environment;
  const config = await clientStoreConfig(environment, {
    ...{ dataDir, onKeyAccess: keyAudit("worker") },
  });
  const isThere = config.type === "postgres" ||
    await pathExists(config.path);
  const store = isThere ? await openClientStore(config) : memoryClientStore();
  try {
    const found = storage.type === "memory"
      ? undefined
      : await run({ kind: "gaps", env, ...usOfMonth(parseMonth(month)) }, context);
    // Trusted: this type comes from our own thread.
    const gaps = found?.["gaps"] as Record<string, string | number | null>[] | undefined;
    const { zip, manifest } = await exchangeAudit({ env, month: parseMonth(month), store, gaps });
    const files = manifest.files.map(({ name, rows }) => ({ name, rows }));
    return { zip, result: { month, files, notes: manifest.notes } };
  } finally {
    await store.close();
  }
}
