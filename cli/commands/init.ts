import { writingTo } from "@ssmd/runtime/output_error";
import { z } from "zod";
import { jsonSchemas, REGISTRY_FOLDERS } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { on } from "../command/flag.ts";

/** Registry shipped with ssmd. */
const OWN_REGISTRY = new URL("../../exchanges", import.meta.url).pathname;

export default defineCommand({
  name: "init",
  brief: "Create a registry: the folder exchanges/ and its subfolders",
  description:
    "Creates exchanges/ in the working directory or in --dir, with a folder for each kind of " +
    "file and the JSON Schemas for editors; adds data/ and secrets/ to .gitignore. Existing " +
    "files are not changed. Dates and changes are read from git: run git init if there is no " +
    "repository yet. --demo also adds the environment demo of ssmd with everything it uses: " +
    "ssmd up then runs it, on simulated venues, without an account.",
  examples: ["ssmd init", "ssmd init --demo", "ssmd init --dir /tmp/my-registry"],
  flags: { demo: on("Add the environment demo: simulated venues, no account") },
  output: z.strictObject({
    dir: z.string().describe("Folder of the registry"),
    made: z.array(z.string()).describe("Paths that were created"),
  }),
  table: ({ dir, made }) => ({
    text: made.length === 0
      ? `${dir} is there already\n`
      : made.map((path) => `made ${path}\n`).join("") +
        (made.some((path) => path.endsWith("/environments/demo.yaml"))
          ? "next: ssmd up\n"
          : "next: ssmd feed create, ssmd schema register, ssmd env create\n"),
  }),
  async run({ flags: { demo }, context }) {
    const dir = (context.globals.dir ?? ".").replace(/\/+$/, "");
    const root = dir === "." ? "exchanges" : `${dir}/exchanges`;
    try {
      const made = await makeRegistry(dir, root);
      return { dir: root, made: demo ? [...made, ...await copyDemo(root)] : made };
    } catch (cause) {
      if (cause instanceof Deno.errors.NotCapable || !(cause instanceof Error)) throw cause;
      throw new ConfigError("CONFIG_UNWRITABLE", `${root} cannot be made (${cause.name})`, {
        hint: "Choose a folder that this user may write, with --dir",
        cause,
      });
    }
  },
});

/** Creates the registry's folders and files; returns the paths that were created. */
async function makeRegistry(dir: string, root: string): Promise<string[]> {
  const made: string[] = [];
  for (const folder of REGISTRY_FOLDERS) {
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
    if (await writeNew(`${root}/${folder}/.gitkeep`, "")) made.push(`${root}/${folder}/`);
  }
  if (await addIgnored(`${dir}/.gitignore`)) made.push(`${dir}/.gitignore`.replace(/^\.\//, ""));
  for (const [name, text] of jsonSchemas()) {
    if (await writeNew(`${root}/${name}`, text)) made.push(`${root}/${name}`);
  }
  return made;
}

/** Copies the files of the environment demo; returns the paths that were created. */
async function copyDemo(root: string): Promise<string[]> {
  const made: string[] = [];
  for (const folder of REGISTRY_FOLDERS) {
    const names = folder === "environments" ? ["demo.yaml"] : await filesIn(folder);
    for (const name of names) {
      const text = await Deno.readTextFile(`${OWN_REGISTRY}/${folder}/${name}`);
      if (await writeNew(`${root}/${folder}/${name}`, text)) made.push(`${root}/${folder}/${name}`);
    }
  }
  return made;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${OWN_REGISTRY}/${folder}`));
  return entries.filter(({ isFile, name }) => isFile && !name.startsWith("."))
    .map(({ name }) => name).sort();
}

/** Generated paths for .gitignore: captured data and key values. */
const IGNORED: readonly string[] = ["/data/", "/secrets/"];

/** Adds the missing rules; returns true when there were any. */
async function addIgnored(path: string): Promise<boolean> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  const lines = text.split("\n").map((line) => line.trim().replace(/^\/?(.*?)\/?$/, "/$1/"));
  const missing = IGNORED.filter((rule) => !lines.includes(rule));
  if (missing.length === 0) return false;
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  await writingTo(path, () => Deno.writeTextFile(path, `${start}${missing.join("\n")}\n`));
  return true;
}

/** Creates a file; returns false when it exists. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writingTo(path, () => Deno.writeTextFile(path, text, { createNew: true }));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
