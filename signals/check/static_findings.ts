import { z } from "zod";
import { messageOf, SsmdError } from "@ssmd/runtime/errors";
import { linkSignal } from "../source/link_signal.ts";
import { readBeside } from "../source/signal_catalog.ts";
import { SignalRefused } from "../source/signal_refused.ts";

const CONFIG = new URL("author.json", import.meta.url).pathname;
const TEXT = new TextDecoder();

/** A fault in a source, with its location where known. */
export interface Finding {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  message: string;
  /** Suggested fix; "" when there is none. */
  hint: string;
}

const LINT = z.object({
  diagnostics: z.array(z.object({
    filename: z.string(),
    range: z.object({ start: z.object({ line: z.number(), col: z.number() }) }),
    message: z.string(),
    hint: z.string().nullish(),
  })),
  errors: z.array(z.object({ file_path: z.string(), message: z.string() })),
});

const GRAPH = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    dependencies: z.array(z.object({ specifier: z.string() })).default([]),
  })),
});

/** Runs the author lint rules on files. Throws SsmdError `SIGNAL_CHECK_FAILED`. */
export async function lintFindings(files: readonly string[]): Promise<Finding[]> {
  const { stdout, stderr } = await deno(["lint", "--json", "--config", CONFIG, ...files]);
  const parsed = LINT.safeParse(jsonOrNone(stdout));
  if (!parsed.success) throw failed("deno lint", stderr);
  const { diagnostics, errors } = parsed.data;
  return [
    ...diagnostics.map(({ filename, range: { start }, message, hint }) => ({
      ...{ file: pathOf(filename), line: start.line, column: start.col + 1, message },
      hint: hint ?? "",
    })),
    ...errors.map(({ file_path: file, message }) => ({
      ...{ file: pathOf(file), line: 1, column: 1, message, hint: "" },
    })),
  ];
}

const TYPE_ERROR = /^(TS\d+) \[ERROR\]: ([\s\S]*?)\n\s+at (file:\S+?):(\d+):(\d+)$/gm;

/** Type-checks files against the language, without platform types. Throws as `lintFindings` */
export async function typeFindings(files: readonly string[]): Promise<Finding[]> {
  const { code, stderr } = await deno(["check", "--no-lock", "--config", CONFIG, ...files]);
  if (code === 0) return [];
  const own = new Set(files.map((file) => Deno.realPathSync(file)));
  const all = [...stderr.matchAll(TYPE_ERROR)];
  if (all.length === 0) throw failed("deno check", stderr);
  return all.flatMap(([, id, text = "", url = "", line, column]) => {
    // Skip errors in the SDK itself: it uses more of the platform than signals may.
    const file = pathOf(url);
    if (!own.has(file)) return [];
    const [message = "", ...rest] = text.split("\n");
    const because = rest.filter((each) => /^ {2}\S/.test(each) && !/^\s*~+$/.test(each))
      .filter((each) => each.endsWith(".")).map((each) => each.trim());
    return [{
      ...{ file, line: Number(line), column: Number(column), hint: because.join(" ") },
      message: `${id}: ${message.replace(/ Do you need to change your target library.*$/, "")}`,
    }];
  });
}

/** Returns the imports that prevent linking, as found by our linker and by Deno. */
export async function importFindings(
  path: string,
): Promise<{ findings: Finding[]; files: readonly string[] }> {
  try {
    const { files } = await linkSignal(path, readBeside(path));
    return { findings: await graphFindings(path, files), files };
  } catch (error) {
    if (!(error instanceof SsmdError)) throw error;
    const location = error instanceof SignalRefused
      ? error.location
      : { file: path, line: 1, column: 1 };
    const message = error.message.replace(
      `${location.file}:${location.line}:${location.column}: `,
      "",
    );
    return { findings: [{ ...location, message, hint: error.hint }], files: [path] };
  }
}

/** Checks the import graph with Deno's own parser: it must find no other files than the linker. */
async function graphFindings(path: string, files: readonly string[]): Promise<Finding[]> {
  const { stdout, stderr } = await deno([
    ...["info", "--json", "--no-lock", "--no-remote", "--config", CONFIG, path],
  ]);
  const parsed = GRAPH.safeParse(jsonOrNone(stdout));
  if (!parsed.success) throw failed("deno info", stderr);
  const known = new Set(files.map((file) => Deno.realPathSync(file)));
  const own = parsed.data.modules.filter(({ specifier }) => known.has(pathOf(specifier)));
  const strange = own.flatMap(({ specifier, dependencies }) =>
    dependencies.filter(({ specifier: each }) => each !== "@ssmd/signal" && !each.startsWith("./"))
      .map((each) => ({ file: pathOf(specifier), imported: each.specifier }))
  );
  return strange.map(({ file, imported }) => ({
    ...{ file, line: 1, column: 1, hint: "" },
    message: `"${imported}" cannot be imported by a signal`,
  }));
}

async function deno(args: readonly string[]) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
    }).output();
    return { code, stdout: TEXT.decode(stdout), stderr: TEXT.decode(stderr) };
  } catch (error) {
    throw failed("deno", messageOf(error));
  }
}

function failed(what: string, text: string): SsmdError {
  return new SsmdError(
    "SIGNAL_CHECK_FAILED",
    `${what} does not run: ${text.trim().slice(0, 500)}`,
    {
      hint: "Checking a signal needs Deno on this machine, and the right to start it",
    },
  );
}

function jsonOrNone(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pathOf(url: string): string {
  return url.startsWith("file:") ? decodeURIComponent(new URL(url).pathname) : url;
}
