import { z } from "zod";
import {
  changedPaths,
  type Environment,
  hasHistory,
  historyOf,
  registryPathOf,
  resolveKeys,
  todayUtc,
  versionOn,
} from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { ENV_NAME } from "../registry/registry_args.ts";
import { Registry } from "../registry/registry.ts";
import { variable } from "../terminal.ts";

export default defineCommand({
  name: "env status",
  brief: "Tell how an environment stands: sound, committed, its keys there, running",
  description: "Running means that its gateway answers on this machine.",
  examples: ["ssmd env status demo"],
  args: [ENV_NAME],
  output: z.object({
    env: z.string(),
    file: z.string(),
    mistakes: z.int(),
    git: z.string(),
    feeds: z.record(z.string(), z.string()).describe("What is in force of each"),
    missing_keys: z.array(z.string()),
    gateway: z.string(),
  }),
  async run({ args: [name], context }) {
    const registry = await Registry.open(context.globals);
    const env = registry.environment(name);
    const path = registryPathOf({ kind: "environment", name });
    const file = `${registry.dir}/${path}`;
    return {
      env: name,
      file,
      mistakes: registry.check().findings.filter((finding) => finding.file === file).length,
      git: await gitState(registry.dir, path),
      feeds: Object.fromEntries(env.feeds.map((id) => {
        const version = versionOn(registry.feed(id), todayUtc());
        return [id, version ? `${version.parser} since ${version.from}` : "not in force"];
      })),
      missing_keys: await missingKeys(env),
      gateway: await gatewayState(env),
    };
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
