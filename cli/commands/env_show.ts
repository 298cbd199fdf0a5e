import { z } from "zod";
import { dataDirOf, ENVIRONMENT_FILE, READ_ONLY_MODE, readOnlyMode } from "@ssmd/metadata";
import { defineCommand } from "../command/define.ts";
import { viewOfOne } from "../registry/as_of.ts";
import { AS_OF } from "../registry/as_of_flag.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { noteOrigin } from "../registry/show.ts";
import { AS_SHOWN } from "../registry/shown_file.ts";

export default defineCommand({
  name: "env show",
  brief: "Show an environment with all defaults filled in",
  description:
    "Names and values are those of the file, as in ssmd env update. With --as-of, reads the " +
    "file as committed in git at the end of that day (UTC), after the last commit of the " +
    "day. For today and the future, reads the file in the folder.",
  examples: ["ssmd env show demo", "ssmd env show demo --as-of today --output json"],
  flags: { asOf: AS_OF },
  args: [ENV_NAME],
  output: ENVIRONMENT_FILE.extend({
    ...AS_SHOWN,
    read_only: READ_ONLY_MODE.exactOptional().describe(
      "Why changes are refused; absent = changes are allowed",
    ),
  }),
  async run({ flags, args: [name], context }) {
    const { registry, day, origin } = await viewOfOne(context.globals, {
      ...{ kind: "environment", name, asOf: flags.asOf },
    });
    noteOrigin(context, origin);
    const environment = environmentOf(registry, name);
    const written = z.encode(ENVIRONMENT_FILE, environment);
    const mode = await readOnlyMode(dataDirOf(environment), name);
    return { ...written, as_of: day, origin, ...(mode && { read_only: mode }) };
  },
});
