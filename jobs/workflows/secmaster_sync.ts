import { z } from "zod";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";

/** Syncs a venue's market catalogue from REST to the environment's bus. */
export const SECMASTER_SYNC = {
  name: "secmaster-sync",
  title: "Take over what a venue's REST says of its markets",
  input: z.strictObject({
    venue: z.string().describe("kalshi, kraken …"),
    feed: z.string().exactOptional().describe("Feed that names are of; absent = the venue's"),
    series: z.string().exactOptional().describe("One series only, where the venue has some"),
    tokenized: z.boolean().default(false).describe("Pairs of tokenized assets besides"),
    url: z.url({ protocol: /^https?$/ }).exactOptional()
      .describe("Address of the REST in place of the venue's"),
  }),
};

/** Idempotent: a run without changes writes nothing. */
export function secmasterSync({ env, registryDir }: ArchiveJobs): Workflow {
  return defineWorkflow(SECMASTER_SYNC, async (input, context) => {
    await context.step("sync", async () => {
      // Load the connector only when needed.
      const { syncCatalogue, withBusInstruments } = await import("@ssmd/connector");
      const { loadInstruments } = await import("@ssmd/metadata");
      const files = await loadInstruments(registryDir);
      const counts = await withBusInstruments(
        { env, registryDir },
        (store) =>
          syncCatalogue(input, {
            ...{ store, files },
            onPage: (counts) => {
              context.signal.throwIfAborted();
              context.log("markets are read", { ...counts });
            },
          }),
      );
      return { ...counts };
    });
  });
}
