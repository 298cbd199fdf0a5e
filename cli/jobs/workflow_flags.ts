import { inputOfTexts, type NewJob, newJob, WORKFLOW_KINDS, workflowNamed } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";
import { choice, text, word } from "../command/flag.ts";

const NAMES = WORKFLOW_KINDS.map(({ name }) => name);

/** `--set`: arguments of a job. */
export const SET = text("Argument of the job, name=value; may be repeated", {
  placeholder: "name=value",
  repeated: true,
});

/** Workflow argument. */
export const WORKFLOW = word(NAMES, "Workflow, as in `ssmd job workflows`", {
  placeholder: "workflow",
  required: true,
});

/** `--workflow`, like {@linkcode WORKFLOW}. */
export const WORKFLOW_FLAG = choice(NAMES, "Workflow, as in `ssmd job workflows`", {
  required: true,
});

/** Builds the job given on the command line. Throws SsmdError `JOB_INPUT_INVALID`. */
export function jobNamed(
  env: string,
  { workflow, set = [] }: { workflow: string; set?: readonly string[] | undefined },
): NewJob {
  const kind = workflowNamed(WORKFLOW_KINDS, workflow);
  return newJob(kind, { env, input: inputOfTexts(kind, set), nowUs: nowUs() });
}
