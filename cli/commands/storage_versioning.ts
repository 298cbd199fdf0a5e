import { buildCommand, type Command } from "@stricli/core";
import type { BucketVersioning } from "@ssmd/storage";
import { auditArchive } from "../archive/audit_archive.ts";
import { confirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { OUTPUT_FLAG } from "../flags.ts";
import { docs } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";
import { VERSIONED_ENV_FLAG, withVersions } from "../storage/versioned.ts";

const ACTIONS = ["show", "enable", "suspend"] as const;

interface Flags {
  env: string;
  output: OutputFormat;
}

/** `ssmd storage versioning` */
export const command: Command<SsmdContext> = buildCommand<
  Flags,
  [(typeof ACTIONS)[number]?],
  SsmdContext
>({
  docs: docs(
    "Show whether buckets keep versions of objects, or switch it",
    "enable: from now on what is written over or deleted stays as an older version, and is paid " +
      "for until it is pruned. suspend: no new ones are kept; those that are there stay.",
    [
      "ssmd storage versioning --env archive",
      "ssmd storage versioning enable --env archive",
      "ssmd storage versioning suspend --env archive --yes",
    ],
  ),
  parameters: {
    flags: { env: VERSIONED_ENV_FLAG, output: OUTPUT_FLAG },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "show, enable or suspend; default show",
        parse: parseAction,
        placeholder: "action",
        optional: true,
      }],
    },
  },
  func: runVersioning,
});

function parseAction(text: string): (typeof ACTIONS)[number] {
  const found = ACTIONS.find((action) => action === text);
  if (found !== undefined) return found;
  throw new RangeError(`an action is ${ACTIONS.join(", ")}`);
}

async function runVersioning(
  this: SsmdContext,
  flags: Flags,
  action: (typeof ACTIONS)[number] = "show",
): Promise<void> {
  const question = "From now on nothing keeps what is deleted or written over. Suspend?";
  if (action === "suspend" && !confirmed(this, question)) return;
  const states = await withVersions(
    this,
    flags.env,
    async (versions): Promise<BucketVersioning[]> => {
      if (action !== "show") {
        await auditArchive(this, flags.env, { action: `versioning ${action}` });
        await versions.enable(action === "enable");
      }
      return await versions.states();
    },
  );
  const rows = states.map(({ location, state }) => ({ bucket: location, versioning: state }));
  this.process.stdout.write(render({ value: rows, rows, counted: "bucket" }, flags.output));
}
