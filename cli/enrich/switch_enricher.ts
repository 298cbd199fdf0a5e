import type { SsmdContext } from "../context.ts";
import type { ApplyOptions, EditResult } from "../registry/change.ts";
import { editFile } from "../registry/edit_file.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { enricherIndex } from "./open_enrichment.ts";

/** Enables or disables an enricher in the environment file. */
export async function switchEnricher(
  context: SsmdContext,
  { env, name, enabled }: { env: string; name: string; enabled: boolean },
  options: ApplyOptions,
): Promise<EditResult> {
  return await editFile(context, {
    ...{ kind: "environment", name: env },
    change: (edit, registry) => {
      const path = ["enrich", enricherIndex(environmentOf(registry, env).enrich ?? [], env, name)];
      if (!enabled) edit.set([...path, "enabled"], false);
      else edit.remove([...path, "enabled"]);
    },
  }, options);
}
