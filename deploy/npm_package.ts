/**
 * `deno run -A deploy/npm_package.ts`: packs the sources for npm in `dist/`, with Deno as the only
 * dependency: `npx ssmd up` needs no clone. Excludes tests and their helpers. @module
 */
import config from "../deno.json" with { type: "json" };
import { SsmdError } from "@ssmd/runtime";

const ROOT = new URL("../", import.meta.url).pathname;
const DENO_VERSION = "2.9.6";
/** Files that users do not run. */
const LEFT_OUT =
  /^(tests|bench|python|\.|deploy\/(charts|grafana|prometheus|compose|argocd|systemd)\/)|_test\.tsx?$|(^|\/)(testing|testdata|contract)\/|_fixtures\.ts$|^docs\/.*\.png$/;

/** Returns the package manifest; `man` lists the manual pages, which npm links for man. */
function manifest(man: readonly string[]): Record<string, unknown> {
  return {
    name: "ssmd",
    version: config.version,
    description: "Capture, stream, archive and replay market data of exchanges",
    license: config.license,
    bin: { ssmd: "cli/ssmd" },
    man,
    dependencies: { deno: DENO_VERSION },
    engines: { node: ">=20" },
    os: ["linux", "darwin"],
  };
}

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    ...{ args: [...args], cwd },
  }).output();
  const text = new TextDecoder();
  if (!success) {
    throw new SsmdError("PACKAGE_FAILED", `The package is not made: ${text.decode(stderr)}`, {
      hint: `Run it yourself: ${program} ${args.join(" ")}`,
    });
  }
  return text.decode(stdout);
}

/** Packs git's tracked files into `folder`; returns the tarball's path. */
export async function packNpm(folder: string): Promise<string> {
  const files = (await run("git", ["ls-files", "-z"], ROOT)).split("\0");
  const target = `${folder}/npm`;
  for (const path of files.filter((path) => path !== "" && !LEFT_OUT.test(path))) {
    const to = `${target}/${path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(ROOT + path, to);
  }
  await run(`${ROOT}cli/ssmd`, ["man", "--out", `${target}/man`], ROOT);
  const man = [...Deno.readDirSync(`${target}/man`)].map(({ name }) => `man/${name}`).sort();
  await Deno.writeTextFile(`${target}/package.json`, JSON.stringify(manifest(man), null, 2));
  const name = await run("npm", ["pack", "--silent", "--pack-destination", folder], target);
  await Deno.remove(target, { recursive: true });
  return `${folder}/${name.trim()}`;
}

if (import.meta.main) {
  await Deno.mkdir(`${ROOT}dist`, { recursive: true });
  console.log(await packNpm(`${ROOT}dist`));
}
