import type { z } from "zod";
import { ConfigError, messageOf, SsmdError } from "@ssmd/runtime";
import { ENVIRONMENT_FILE } from "@ssmd/metadata/environment";
import { registryPathOf } from "@ssmd/metadata/registry_content";
import { checkSource, findSignal, signalFolders } from "@ssmd/signals";
import { type GatewayLocation, isTimeout } from "../client/running_gateway.ts";
import { notice, type SsmdContext } from "../context.ts";
import { Registry } from "../registry/registry.ts";
import { findingText } from "./finding_text.ts";
import { type SWITCH, switchesOf } from "./live_signals.ts";

/** Editors write a file in several steps. */
const QUIET_MS = 150;

type Switch = z.output<typeof SWITCH>;

/**
 * Deploys the signals, then each change of the project's files of them, until `ended`. What is
 * wrong is a notice. Returns the switches made.
 */
export async function watchSignals(
  context: SsmdContext,
  location: GatewayLocation,
  ended: AbortSignal,
): Promise<Switch[]> {
  const files = await SignalFiles.open(context, location.env);
  const watcher = Deno.watchFs(files.folders, { recursive: true });
  ended.addEventListener("abort", () => watcher.close());
  const switches = await deployed(context, location, true);
  notice(context, `Watching ${files.folders.join(" and ")}; Ctrl-C ends it`);
  for await (const _ of turns(watcher)) {
    const changed = await files.changed();
    if (changed.length === 0) continue;
    const problems = await problemsOf(files, changed);
    for (const problem of problems) notice(context, problem);
    if (problems.length > 0) notice(context, "The signals run on as they were");
    else switches.push(...await deployed(context, location));
  }
  return switches;
}

/** Yields once for events that follow each other. */
async function* turns(watcher: Deno.FsWatcher): AsyncGenerator<void> {
  const events = watcher[Symbol.asyncIterator]();
  let next = events.next();
  for (;;) {
    if ((await next).done === true) return;
    for (let isQuiet = false; !isQuiet;) {
      next = events.next();
      const quiet = Promise.withResolvers<true>();
      const timer = setTimeout(quiet.resolve, QUIET_MS, true as const);
      isQuiet = await Promise.race([quiet.promise, next.then(({ done }) => done === true)]);
      clearTimeout(timer);
    }
    yield;
  }
}

/** Deploys; a refusal is a notice, and at the first deploy an error if nothing listens. */
async function deployed(
  context: SsmdContext,
  location: GatewayLocation,
  isFirst = false,
): Promise<Switch[]> {
  try {
    const switches = await switchesOf(context, location, ["POST", "deploy"]);
    for (const { signals, stream_sequence } of switches) {
      const names = signals.map(({ id, version }) => `${id} v${version}`).join(", ");
      notice(context, `From position ${stream_sequence} on runs: ${names || "no signal"}`);
    }
    return switches;
  } catch (error) {
    if (!(error instanceof SsmdError)) throw error;
    const isAway = error.code === "GATEWAY_UNREACHABLE" && !isTimeout(error.cause);
    if (isFirst && isAway) throw error;
    notice(context, `${error.code}: ${messageOf(error)}\n  ${error.hint}`);
    return [];
  }
}

/** What is wrong in the sources of the environment's signals that use changed files. */
async function problemsOf(files: SignalFiles, changed: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const path of await files.signals()) {
    const { findings, files: used } = await checkSource(path);
    const isChanged = used.some((each) => changed.includes(Deno.realPathSync(each)));
    if (isChanged) problems.push(...findings.map(findingText));
  }
  return problems;
}

/** Files that decide which signals an environment runs. */
class SignalFiles {
  readonly #context: SsmdContext;
  readonly #env: string;
  readonly #own: string;
  readonly #environment: string;
  #texts = new Map<string, string>();

  private constructor(context: SsmdContext, env: string, registryDir: string) {
    this.#context = context;
    this.#env = env;
    this.#own = signalFolders(registryDir).own;
    this.#environment = `${registryDir}/${registryPathOf({ kind: "environment", name: env })}`;
  }

  /** Throws ConfigError for a project without signals or without the environment. */
  static async open(context: SsmdContext, env: string): Promise<SignalFiles> {
    const { dir } = await Registry.open(context.globals);
    const files = new SignalFiles(context, env, dir);
    await files.changed();
    return files;
  }

  /** Folders to watch: files in them may be replaced by others of the same name. */
  get folders(): string[] {
    return [this.#own, this.#environment.replace(/\/[^/]*$/, "")];
  }

  /** Sources in the project of the signals that the environment names. */
  async signals(): Promise<string[]> {
    const registry = await Registry.open(this.#context.globals);
    const environment = registry.all("environment", ENVIRONMENT_FILE)
      .find(({ name }) => name === this.#env);
    const paths: string[] = [];
    // What is wrong in the environment's file is told by the deploy.
    for (const id of Object.keys(environment?.signals ?? {})) {
      const found = await findSignal(id, [this.#own]).catch(() => undefined);
      if (found !== undefined) paths.push(found.path);
    }
    return paths;
  }

  /** Paths of the files whose text differs from that of the last call. */
  async changed(): Promise<string[]> {
    const before = this.#texts;
    const paths = [...await sourcesIn(this.#own), await Deno.realPath(this.#environment)];
    const texts = await Promise.all(
      paths.map(async (path) => [path, await Deno.readTextFile(path).catch(() => "")] as const),
    );
    this.#texts = new Map(texts);
    return [...new Set([...before.keys(), ...this.#texts.keys()])]
      .filter((path) => before.get(path) !== this.#texts.get(path));
  }
}

/** Sources in a folder and its folders, without tests. */
async function sourcesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) paths.push(...await sourcesIn(path));
      else if (/(?<!_test)\.ts$/.test(name)) paths.push(await Deno.realPath(path));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ConfigError("SIGNALS_MISSING", `There is no folder "${folder}"`, {
      hint: "ssmd signal new makes it",
      cause: error,
    });
  }
  return paths;
}
