import { inputOfTexts, type NewJob, newJob, WORKFLOW_KINDS, workflowNamed } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";
import { choice, text, word } from "../command/flag.ts";

const NAMES = WORKFLOW_KINDS.map(({ name }) => name);

/** `--set`: arguments of a job. */
export const SET = text("An argument of the job, name=value; may be repeated", {
  placeholder: "name=value",
  repeated: true,
});

/** The workflow that a command is about. */
export const WORKFLOW = word(NAMES, "The workflow, as `ssmd job workflows` lists it", {
  placeholder: "workflow",
  required: true,
});

/** `--workflow`, as {@linkcode WORKFLOW}. */
export const WORKFLOW_FLAG = choice(NAMES, "The workflow, as `ssmd job workflows` lists it", {
  required: true,
});

/** The job that a command line names. Throws SsmdError `JOB_INPUT_INVALID`. */
export function jobNamed(
  env: string,
  { workflow, set = [] }: { workflow: string; set?: readonly string[] | undefined },
): NewJob {
  const kind = workflowNamed(WORKFLOW_KINDS, workflow);
  return newJob(kind, { env, input: inputOfTexts(kind, set), nowUs: nowUs() });
}
