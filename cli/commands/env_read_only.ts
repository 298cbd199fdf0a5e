import { z } from "zod";
import { whoIsThis } from "@ssmd/journal";
import { dataDirOf, READ_ONLY_MODE, readOnlyMode, setReadOnlyMode } from "@ssmd/metadata";
import { UsageError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { dir, on, text } from "../command/flag.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "env read-only",
  brief: "Turn read-only mode of an environment on or off",
  description:
    "In read-only mode, commands and gateway routes that change the environment are refused " +
    "with the reason. Running work continues: capture, archive, streams, scheduled jobs. The " +
    "mode belongs to the data folder and takes effect from the next call on.",
  changes: "operations",
  examples: [
    'ssmd env read-only demo --enable --reason "audit of July"',
    "ssmd env read-only demo --disable --output json",
  ],
  flags: {
    enable: on("Refuse changes from now on"),
    disable: on("Allow them again"),
    reason: text("Reason shown to refused callers; required with --enable", {
      placeholder: "text",
    }),
    data: dir("Data folder, as in up --data; default: the environment's"),
  },
  args: [ENV_NAME],
  output: z.object({ env: z.string(), read_only: READ_ONLY_MODE.nullable() }),
  table: ({ env, read_only: mode }) => ({
    text: `${env} ${mode === null ? "may be changed" : `is read-only: ${mode.reason}`}\n`,
  }),
  async run({ flags: { enable, disable, reason, data }, args: [env], context }) {
    const environment = environmentOf(await Registry.open(context.globals), env);
    if (enable === disable || (enable && !reason?.trim())) {
      throw new UsageError("WRONG_USAGE", "Give --enable with --reason, or --disable", {
        hint: `ssmd env read-only ${env} --enable --reason "why"`,
      });
    }
    const dataDir = dataDirOf(environment, data);
    const { user, host } = whoIsThis();
    const mode = { by: `${user}@${host}`, since: new Date().toISOString() };
    await setReadOnlyMode(dataDir, env, enable ? { reason: `${reason}`, ...mode } : undefined);
    return { env, read_only: await readOnlyMode(dataDir, env) ?? null };
  },
});
