import { childEnvironment, companionPath, endProcess, messageOf, SsmdError } from "@ssmd/runtime";
import type { EngineMessage, EngineRequest } from "./engine_messages.ts";
import { ENGINE_PERMISSIONS } from "./engine_permissions.ts";

/** A failed query. */
export class QueryError extends SsmdError {}

/** Maximum time for the engine to exit once asked. */
const END_MS_MAX = 2_000;

const ENGINE = new URL("./engine.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

/**
 * Starts the engine and streams its answer, for at most `msMax` ms. The engine exits when the
 * iteration ends. Throws QueryError `QUERY_TIMEOUT`, and `QUERY_ENGINE_FAILED` when the engine does
 * not start or crashes.
 */
export async function* askEngine(
  request: EngineRequest,
  msMax?: number,
): AsyncGenerator<EngineMessage, void> {
  const child = await start(request.temporary);
  let isLate = false;
  const timer = msMax === undefined ? undefined : setTimeout(() => {
    isLate = true;
    endProcess(child);
  }, msMax);
  const input = child.stdin.getWriter();
  const errors = new Response(child.stderr).text();
  let finished = false;
  try {
    await input.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    for await (const line of linesOf(child.stdout)) {
      const message = JSON.parse(line) as EngineMessage;
      finished ||= "done" in message || "failure" in message;
      yield message;
    }
  } catch (error) {
    // It crashed before reading the request; its stderr says why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  } finally {
    clearTimeout(timer);
    await end(child, input);
  }
  if (finished) return;
  throw isLate ? late(msMax ?? 0) : broken(await errors);
}

async function start(temporary: string): Promise<Deno.ChildProcess> {
  try {
    const { program, args } = Deno.build.standalone ? compiledEngine() : await engine(temporary);
    return new Deno.Command(program, {
      ...{ args, clearEnv: true, env: childEnvironment() },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw new QueryError(
      "QUERY_ENGINE_FAILED",
      `The query engine cannot start: ${messageOf(error)}`,
      {
        hint: "deno must be on the PATH, and among run of the permissions of ssmd in deno.json",
        cause: error,
      },
    );
  }
}

async function engine(temporary: string) {
  const flags = ["-q", "--no-prompt", "--frozen", "--no-check", `--config=${CONFIG.pathname}`];
  const permissions = [...ENGINE_PERMISSIONS, `--allow-write=${temporary}`];
  return { program: await deno(), args: ["run", ...flags, ...permissions, ENGINE.pathname] };
}

/** The program beside this compiled one, where the loader also finds DuckDB's library. */
function compiledEngine() {
  const path = companionPath("ssmd-query");
  const start = 'export LD_LIBRARY_PATH="${1%/*}" DYLD_LIBRARY_PATH="${1%/*}"; exec "$1"';
  return { program: "/bin/sh", args: ["-c", start, "sh", path] };
}

/** Returns this Deno if permitted to run, else `deno`, which may be a wrapper script. */
async function deno(): Promise<string> {
  const command = Deno.execPath();
  const { state } = await Deno.permissions.query({ name: "run", command });
  return state === "granted" ? command : "deno";
}

async function end(
  child: Deno.ChildProcess,
  input: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  // Closing stdin ends it, even behind a wrapper script that forwards no signals.
  await input.close().catch(() => {});
  const timer = setTimeout(() => endProcess(child), END_MS_MAX);
  await child.stdout.cancel().catch(() => {});
  await child.status;
  clearTimeout(timer);
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream(), { preventCancel: false })) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function late(ms: number): QueryError {
  return new QueryError("QUERY_TIMEOUT", `The query took longer than ${ms / 1000} s`, {
    hint: "Narrow it, or ask with ssmd query, which waits",
  });
}

function broken(errors: string): QueryError {
  const last = errors.trim().split("\n").slice(-5).join("\n");
  return new QueryError("QUERY_ENGINE_FAILED", "The query engine broke down", {
    hint: last === "" ? "It may have had no memory; see --memory" : last,
    context: { stderr: errors.slice(-2000) },
  });
}
