/**
 * A process that runs jobs until terminated. Each step first appends its name to the folder's file
 * `done`; the second waits while a file `hold` exists. Arguments: folder, `embedded` and a file, or
 * `temporal` and an address. @module
 */
import { silentLogger } from "@ssmd/runtime";
import { z } from "zod";
import { JobStore } from "../job_store.ts";
import { JobRunner } from "../runner.ts";
import type { Workflow } from "../workflow.ts";
import { until } from "./runner_cases.ts";

const [dir = "", kind = "", where = ""] = Deno.args;

const isHeld = () => Deno.stat(`${dir}/hold`).then(() => true, () => false);

const work: Workflow = {
  ...{ name: "work", title: "", input: z.strictObject({}) },
  async run(_input, { step }) {
    for (const name of ["first", "second", "third"]) {
      await step(name, async () => {
        await Deno.writeTextFile(`${dir}/done`, `${name}\n`, { append: true });
        if (name === "second") await until(async () => !await isHeld());
        return {};
      });
    }
  },
};

const parts = {
  ...{ workflows: [work], logger: silentLogger },
  ...{ record: () => Promise.resolve(), onEnd: () => {} },
};
if (kind === "embedded") {
  new JobRunner({ ...parts, store: new JobStore(where) }).start();
} else {
  const { TemporalWorker } = await import("../temporal/temporal_jobs.ts");
  const { killQueue } = await import("./kill_queue.ts");
  await TemporalWorker.start({ ...parts, queue: killQueue(where) });
}
