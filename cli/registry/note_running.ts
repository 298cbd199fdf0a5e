import { dataDirOf } from "@ssmd/metadata";
import { runningProcesses } from "@ssmd/runtime";
import { notice, type SsmdContext } from "../context.ts";
import { environmentOf } from "./environment_of.ts";
import { Registry } from "./registry.ts";

/** Prints a note for each running process of an environment: it uses the old file until `env apply`. */
export async function noteRunning(context: SsmdContext, env: string): Promise<void> {
  const registry = await Registry.open(context.globals);
  const dataDir = dataDirOf(environmentOf(registry, env));
  for (const { component, pid } of await runningProcesses(dataDir, env)) {
    notice(
      context,
      `note: ssmd ${component} of ${env} (process ${pid}) runs: ssmd env apply ${env} ` +
        "takes it over",
    );
  }
}
