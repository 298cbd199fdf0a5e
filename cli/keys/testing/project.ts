import { join } from "node:path";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** What a run of `ssmd` left. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A folder with a registry, as a user has one, and the CLI in it. */
export interface Project {
  dir: string;
  /** All that was printed so far, by whichever command. */
  printed(): string;
  /** Runs a command with this stdin; variables of our own processes are not handed on. */
  ssmd(args: string, stdin?: string, env?: Record<string, string>): Promise<Outcome>;
  /** All files, path → bytes. */
  files(): Promise<Map<string, Uint8Array>>;
  remove(): Promise<void>;
}

const ENVIRONMENT = `name: prod
keys:
  kalshi:
    type: api_key
    fields: [key_id, private_key]
    source: file:./secrets/kalshi.yaml
    rotation_days: 90
  hook: { type: webhook, fields: [token], source: sealed-secret/hook, required: false }
  bus: { type: transport, fields: [user, password], source: env, required: false, rotation_days: 30 }
feeds: [kalshi]
schema: v1
symbols:
  KX-1: { feed: kalshi, external: KX-1 }
credentials:
  kalshi: { key_id: "$key:kalshi.key_id", private_key: "$key:kalshi.private_key" }
endpoints: { kalshi: "ws://127.0.0.1:1/" }
transport: { type: memory }
storage: { type: local, path: ./data }
journal: { type: file, path: ./data/journal }
gateway: { port: 65021 }
`;

/** Makes a project with the environment `prod` and its three keys. */
export async function makeProject(): Promise<Project> {
  const dir = await Deno.makeTempDir();
  for (const folder of ["feeds", "environments"]) {
    await Deno.mkdir(join(dir, "exchanges", folder), { recursive: true });
  }
  await Deno.copyFile(
    join(ROOT, "exchanges/feeds/kalshi.yaml"),
    join(dir, "exchanges/feeds/kalshi.yaml"),
  );
  await Deno.writeTextFile(join(dir, "exchanges/environments/prod.yaml"), ENVIRONMENT);
  let printed = "";
  return {
    dir,
    printed: () => printed,
    ssmd: async (args, stdin = "", env = {}) => {
      const outcome = await run(dir, args, stdin, env);
      printed += outcome.stdout + outcome.stderr;
      return outcome;
    },
    files: () => filesOf(dir),
    remove: () => Deno.remove(dir, { recursive: true }),
  };
}

/** The CLI as people start it, with what its environment allows. */
export const LAUNCHER = `${ROOT}cli/ssmd`;

async function run(
  dir: string,
  args: string,
  stdin: string,
  env: Record<string, string>,
): Promise<Outcome> {
  const child = new Deno.Command(LAUNCHER, {
    args: args.split(" "),
    cwd: dir,
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Commands that refuse do not read what they are given.
  await new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function filesOf(dir: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    const path = join(dir, name);
    if (isDirectory) { for (const [below, bytes] of await filesOf(path)) files.set(below, bytes); }
    else files.set(path, await Deno.readFile(path));
  }
  return files;
}
