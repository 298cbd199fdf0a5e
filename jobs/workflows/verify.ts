import { ArchiveError } from "@ssmd/runtime";
import type { ArchiveJobs } from "./archive_jobs.ts";
import type { Workflow } from "../workflow.ts";

/** Recounts the whole archive against its manifests and raw frames; fails where something differs. */
export function verify({ env, run }: ArchiveJobs): Workflow {
  return {
    name: "verify",
    title: "Recount the archive against its manifests and raw frames",
    async run(_input, context) {
      const result = await context.step(
        "verify",
        () => run({ kind: "verify", env }, context.signal),
      );
      if (result["ok"] === true) return;
      throw new ArchiveError("ARCHIVE_DIFFERS", `The archive of ${env} does not balance`, {
        hint: "`ssmd archive verify` names each file",
        context: result,
      });
    },
  };
}
