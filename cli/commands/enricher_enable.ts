import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { ENRICHER_NAME } from "../enrich/enricher_args.ts";
import { switchEnricher } from "../enrich/switch_enricher.ts";
import { EDIT, EDIT_FLAGS } from "../registry/change.ts";

export default defineCommand({
  name: "enricher enable",
  brief: "Enable an enricher of an environment",
  description:
    "Takes effect at the next start of the environment's connectors, and at once for reads " +
    "of the archive.",
  examples: ["ssmd enricher enable prices --env demo --dry-run"],
  flags: { ...EDIT_FLAGS, env: ENVIRONMENT_REQUIRED },
  args: [ENRICHER_NAME],
  ...EDIT,
  run: ({ flags: { env, ...flags }, args: [name], context }) =>
    switchEnricher(context, { env, name, enabled: true }, flags),
});
