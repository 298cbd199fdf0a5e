import { setTimeout as delay } from "node:timers/promises";
import { endProcess } from "@ssmd/runtime";

const START_MS_MAX = 120_000;
const LOOK_MS = 20;

/** A program of which tests start processes. */
export class ServerProgram {
  #candidates: readonly string[];
  #found: string | undefined;

  /** The first of these paths and names that there is. */
  constructor(...candidates: string[]) {
    this.#candidates = candidates;
  }

  /** Its path or name; undefined when there is none here. */
  get path(): string | undefined {
    return this.#found ??= this.#candidates.find(answersVersion);
  }

  /** Whether tests with it can run; SSMD_REQUIRE_SERVICES=1 makes a missing one a failure. */
  get isAvailable(): boolean {
    return Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" || this.path !== undefined;
  }

  /** Starts a process without a word of its own, and waits until it answers. */
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

/** By a flag, or by a command as some have it. */
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

/** Ends a process, by default as a power cut would (SIGKILL), and waits until it is gone. */
export async function endServer(
  child: Deno.ChildProcess,
  signal: Deno.Signal = "SIGKILL",
): Promise<void> {
  endProcess(child, signal);
  await child.status;
}
