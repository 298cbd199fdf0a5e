import { ArchiveError } from "@ssmd/runtime";
import { z } from "zod";
import { defineWorkflow, type Workflow } from "../workflow.ts";
import type { ArchiveJobs } from "./archive_jobs.ts";

/** Verifies the whole archive; fails on any difference. */
export const VERIFY = {
  name: "verify",
  title: "Recount the archive against its manifests and raw frames",
  input: z.strictObject({}),
};

/** See {@linkcode VERIFY}. */
export function verify({ env, run }: ArchiveJobs): Workflow {
  return defineWorkflow(VERIFY, async (_input, context) => {
    const result = await context.step("verify", () => run({ kind: "verify", env }, context));
    if (result["ok"] === true) return;
    throw new ArchiveError("ARCHIVE_DIFFERS", `The archive of ${env} does not balance`, {
      hint: "`ssmd archive verify` names each file",
      context: result,
    });
  });
}
