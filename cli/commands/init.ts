import { buildCommand, type Command } from "@stricli/core";
import { jsonSchemas, REGISTRY_FOLDERS } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { SsmdContext } from "../context.ts";
import { docs, REGISTRY_FLAGS, type RegistryFlags } from "../registry/flags.ts";
import { render } from "../render.ts";

/** `ssmd init` */
export const command: Command<SsmdContext> = buildCommand<RegistryFlags, [], SsmdContext>({
  docs: docs(
    "Begin a registry: the folder exchanges/ with what belongs into it",
    "Makes exchanges/ with a folder for each kind of file in the working directory or in --dir, and the " +
      "JSON Schemas that editors check the files with; .gitignore gets data/ and secrets/. Files that are there are left alone. Dates and " +
      "changes come from git: run git init where there is no repository yet.",
    ["ssmd init", "ssmd init --dir /tmp/my-registry"],
  ),
  parameters: { flags: REGISTRY_FLAGS },
  async func(flags) {
    const dir = (this.globals.dir ?? ".").replace(/\/+$/, "");
    const root = dir === "." ? "exchanges" : `${dir}/exchanges`;
    const made: string[] = [];
    try {
      for (const folder of REGISTRY_FOLDERS) {
        await Deno.mkdir(`${root}/${folder}`, { recursive: true });
        if (await writeNew(`${root}/${folder}/.gitkeep`, "")) made.push(`${root}/${folder}/`);
      }
      if (await addIgnored(`${dir}/.gitignore`)) {
        made.push(`${dir}/.gitignore`.replace(/^\.\//, ""));
      }
      for (const [name, text] of jsonSchemas()) {
        if (await writeNew(`${root}/${name}`, text)) made.push(`${root}/${name}`);
      }
    } catch (cause) {
      if (cause instanceof Deno.errors.NotCapable || !(cause instanceof Error)) throw cause;
      throw new ConfigError("CONFIG_UNWRITABLE", `${root} cannot be made (${cause.name})`, {
        hint: "choose a folder that this user may write, with --dir",
        cause,
      });
    }
    if (flags.output !== "table") {
      const value = { dir: root, made };
      return this.process.stdout.write(render({ value, rows: [] }, flags.output));
    }
    for (const path of made) this.process.stdout.write(`made ${path}\n`);
    this.process.stdout.write(
      made.length === 0
        ? `${root} is there already\n`
        : "next: ssmd feed create, ssmd schema register, ssmd env create\n",
    );
  },
});

/** What a project makes and git does not keep: captured data, and values of keys. */
const IGNORED: readonly string[] = ["/data/", "/secrets/"];

/** True when lines were missing from the file. */
async function addIgnored(path: string): Promise<boolean> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  const lines = text.split("\n").map((line) => line.trim().replace(/^\/?(.*?)\/?$/, "/$1/"));
  const missing = IGNORED.filter((rule) => !lines.includes(rule));
  if (missing.length === 0) return false;
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  await Deno.writeTextFile(path, `${start}${missing.join("\n")}\n`);
  return true;
}

/** True when the file was not there. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
