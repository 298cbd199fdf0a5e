import { generateKeyPairSync } from "node:crypto";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";
import { SCHEMAS } from "@ssmd/codec";
import { REGISTRY_FOLDERS } from "@ssmd/metadata";
import { folderStorage } from "@ssmd/storage";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Project in a temporary folder, where `ssmd` is the launcher of this checkout. */
export interface Project {
  /** Working directory of a user: `exchanges/`, `data/`, `session.jsonl.zst`, `trade.capnp`, a git history. */
  dir: string;
  /** Runs a bash line in the project; timeout five minutes unless given. */
  sh(line: string, secondsMax?: number): Promise<Ran>;
  remove(): Promise<void>;
}

/** Result of a program. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Key of the environment `kalshi`, created for this run. */
const KEYS = {
  SSMD_KEY_KALSHI_KEY_ID: "example",
  SSMD_KEY_KALSHI_PRIVATE_KEY: generateKeyPairSync("ed25519").privateKey
    .export({ type: "pkcs8", format: "pem" }).toString(),
};

/** Timeout of a line. */
const LINE_SECONDS_MAX = 300;

/**
 * Creates a project as the command examples expect it. No environment in it reaches beyond
 * loopback: those of live venues use simulators.
 */
export async function makeProject(): Promise<Project> {
  const top = await Deno.makeTempDir({ prefix: "ssmd-project-" });
  const dir = `${top}/project`;
  for (const kind of REGISTRY_FOLDERS) {
    await Deno.mkdir(`${dir}/exchanges/${kind}`, { recursive: true });
    for await (const { name, isFile } of Deno.readDir(`${ROOT}exchanges/${kind}`)) {
      if (!isFile) continue;
      const text = await Deno.readTextFile(`${ROOT}exchanges/${kind}/${name}`);
      const own = kind === "environments" ? simulated(text) : text;
      await Deno.writeTextFile(`${dir}/exchanges/${kind}/${name}`, own);
    }
  }
  await addProd(`${dir}/exchanges/environments`);
  const storage = folderStorage(`${dir}/data`);
  await fillArchive(storage, "demo");
  for await (const { key } of storage.list("raw/")) {
    if (key.endsWith(".zst")) await Deno.copyFile(`${dir}/data/${key}`, `${dir}/session.jsonl.zst`);
  }
  await storage.close();
  await Deno.mkdir(`${top}/bin`);
  await Deno.symlink(`${ROOT}cli/ssmd`, `${top}/bin/ssmd`);
  await Deno.symlink(Deno.execPath(), `${top}/bin/deno`);
  await Deno.writeTextFile(`${dir}/trade.capnp`, SCHEMAS.trade.text);
  await addKeyFiles(dir);
  const project = {
    dir,
    sh: (line: string, secondsMax?: number) => sh(line, { top, dir, secondsMax }),
    remove: () => Deno.remove(top, { recursive: true }),
  };
  await project.sh(
    "printf 'data/\\n*.zst\\n*.capnp\\n*.pem\\nkeys/\\nkalshi.yaml\\n!exchanges/**\\n' > .gitignore; git init -q && git add -A && git commit -qm start",
  );
  return project;
}

/** Files that keys are set from: `kalshi.yaml`, `kalshi.pem`, and `sealing.pem` of a cluster. */
async function addKeyFiles(dir: string): Promise<void> {
  const pem = KEYS.SSMD_KEY_KALSHI_PRIVATE_KEY;
  const indented = pem.trim().split("\n").map((line) => `  ${line}`).join("\n");
  await Deno.writeTextFile(`${dir}/kalshi.pem`, pem);
  await Deno.writeTextFile(
    `${dir}/kalshi.yaml`,
    `key_id: ${KEYS.SSMD_KEY_KALSHI_KEY_ID}\nprivate_key: |\n${indented}\n`,
  );
  const request = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=sealing -days 30 " +
    "-keyout /dev/null -out sealing.pem";
  await new Deno.Command("sh", { args: ["-c", request], cwd: dir, stdout: "null", stderr: "null" })
    .output();
}

/** An environment `prod` whose key is in a file that does not exist yet. */
async function addProd(environments: string): Promise<void> {
  const kalshi = await Deno.readTextFile(`${environments}/kalshi.yaml`);
  const prod = kalshi.replace(/^name: kalshi$/m, "name: prod")
    .replace(/^( +source:) env\b.*$/m, "$1 file:keys/kalshi.yaml");
  await Deno.writeTextFile(`${environments}/prod.yaml`, prod);
}

/** Registry of the examples: what needs the internet or a key is simulated here. */
function simulated(environment: string): string {
  if (/^simulator:/m.test(environment)) return environment;
  return `${environment.trimEnd()}\nsimulator: { seed: 1, rate: 100 }\n`;
}

async function sh(
  line: string,
  { top, dir, secondsMax = LINE_SECONDS_MAX }: {
    top: string;
    dir: string;
    secondsMax?: number | undefined;
  },
): Promise<Ran> {
  const output = await new Deno.Command("timeout", {
    args: [String(secondsMax), "bash", "-o", "pipefail", "-c", line],
    cwd: dir,
    env: {
      PATH: `${top}/bin:${Deno.env.get("PATH")}`,
      TMPDIR: top,
      SSMD_CACHE_DIR: `${top}/cache`,
      SSMD_ROOT: ROOT.replace(/\/$/, ""),
      ...KEYS,
      SSMD_GITHUB_TOKEN: "example",
      ...{ GIT_AUTHOR_NAME: "Test", GIT_AUTHOR_EMAIL: "test@example.com" },
      ...{ GIT_COMMITTER_NAME: "Test", GIT_COMMITTER_EMAIL: "test@example.com" },
    },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return {
    code: output.code,
    stdout: text.decode(output.stdout),
    stderr: text.decode(output.stderr),
  };
}
