import { setTimeout as delay } from "node:timers/promises";
import { endProcess } from "@ssmd/runtime";

const START_MS_MAX = 120_000;
const LOOK_MS = 20;

/** A program that tests start processes of. */
export class ServerProgram {
  #candidates: readonly string[];
  #found: string | undefined;

  /** The first of these paths and names that exists. */
  constructor(...candidates: string[]) {
    this.#candidates = candidates;
  }

  /** Its path or name; undefined when not installed. */
  get path(): string | undefined {
    return this.#found ??= this.#candidates.find(answersVersion);
  }

  /** Whether tests with it can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
  get isAvailable(): boolean {
    return Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" || this.path !== undefined;
  }

  /** Starts a process with its output discarded and waits until it answers. */
  async launch(
    options: Pick<Deno.CommandOptions, "args" | "env">,
    answers: (path: string) => Promise<boolean>,
  ): Promise<Deno.ChildProcess> {
    const { path } = this;
    const name = this.#candidates[0]?.split("/").at(-1);
    if (path === undefined) throw new Deno.errors.NotFound(`${name} is not installed here`);
    const child = new Deno.Command(path, { ...options, stdout: "null", stderr: "null" }).spawn();
    const deadlineMs = Date.now() + START_MS_MAX;
    while (!await answers(path)) {
      if (Date.now() > deadlineMs) {
        await endServer(child);
        throw new Deno.errors.TimedOut(`${name} did not answer: ${options.args?.join(" ")}`);
      }
      await delay(LOOK_MS);
    }
    return child;
  }
}

/** By a flag, or by a command for some programs. */
function answersVersion(program: string): boolean {
  try {
    return ["--version", "version"].some((question) =>
      new Deno.Command(program, { args: [question], stdout: "null", stderr: "null" }).outputSync()
        .success
    );
  } catch {
    return false;
  }
}

/** Ends a process, by default with SIGKILL, and waits until it has ended. */
export async function endServer(
  child: Deno.ChildProcess,
  signal: Deno.Signal = "SIGKILL",
): Promise<void> {
  endProcess(child, signal);
  await child.status;
}
