import { buildCommand, type Command } from "@stricli/core";
import {
  changedPaths,
  hasHistory,
  historyOf,
  registryPathOf,
  resolveKeys,
  todayUtc,
  versionOn,
} from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { Environment } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags, word } from "../registry/flags.ts";
import { Registry } from "../registry/registry.ts";
import { show } from "../registry/show.ts";
import { variable } from "../terminal.ts";

/** `ssmd env status` */
export const command: Command<SsmdContext> = buildCommand<
  RegistryFlags,
  [string],
  SsmdContext
>({
  docs: docs(
    "Tell how an environment stands: sound, committed, its keys there, running",
    "Running means that its gateway answers on this machine.",
    ["ssmd env status demo"],
  ),
  parameters: {
    flags: REGISTRY_FLAGS,
    positional: { kind: "tuple", parameters: [word("The environment's name", "env")] },
  },
  async func(flags, name) {
    const registry = await Registry.open(this.globals);
    const env = registry.environment(name);
    const path = registryPathOf({ kind: "environment", name });
    const file = `${registry.dir}/${path}`;
    const mistakes = registry.check().findings.filter((finding) => finding.file === file).length;
    const value = {
      env: name,
      file,
      mistakes,
      git: await gitState(registry.dir, path),
      feeds: Object.fromEntries(env.feeds.map((id) => {
        const version = versionOn(registry.feed(id), todayUtc());
        return [id, version ? `${version.parser} since ${version.from}` : "not in force"];
      })),
      missingKeys: await missingKeys(env),
      gateway: await gatewayState(env),
    };
    show(this, value, flags.output);
  },
});

async function gitState(dir: string, path: string): Promise<string> {
  if (!await hasHistory(dir)) return "no history";
  const [last] = await historyOf(dir, path);
  if (last === undefined) return "not committed yet";
  const changed = (await changedPaths(dir)).includes(path);
  return `${changed ? "changed since" : "as of"} ${last.commit.slice(0, 10)} ${last.time}`;
}

async function missingKeys(env: Environment): Promise<string[]> {
  try {
    await resolveKeys(env, { env: variable, readFile: (path) => Deno.readTextFile(path) });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const missing = error.context["missing"];
    return Array.isArray(missing) ? missing.map(String) : [error.message];
  }
}

/** How long a gateway may take to answer. */
const ANSWER_MS = 2_000;

async function gatewayState(env: Environment): Promise<string> {
  const { host = "127.0.0.1", port } = env.gateway;
  const at = `${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`;
  try {
    const answer = await fetch(`http://${at}/health`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return `answers on ${at}`;
  } catch (error) {
    return error instanceof Deno.errors.NotCapable
      ? `not asked: ${at} is not granted`
      : `nothing answers on ${at}`;
  }
}
