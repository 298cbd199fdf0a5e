import assert from "node:assert/strict";
import { endProcess } from "@ssmd/runtime";
import type { JobBoard } from "../job_board.ts";
import { until } from "./runner_cases.ts";

const CHILD = new URL("runner_child.ts", import.meta.url).pathname;
const ID = "killed";

/** Options of {@linkcode killRunner}. */
interface KillOptions {
  /** Folder of this test. */
  dir: string;
  board: JobBoard;
  /** Child arguments for the job location. */
  where: readonly string[];
  /** Runs once during the second step; absent: kill the runner. */
  disturb?: () => Promise<void>;
}

/** Runs a job of three steps, disturbing the second; each other step is done once. */
export async function killRunner({ dir, board, where, disturb }: KillOptions): Promise<void> {
  const startChild = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--frozen", "--no-check", CHILD, dir, ...where],
      ...{ stdout: "null", stderr: "inherit" },
    }).spawn();
  const done = async () =>
    (await Deno.readTextFile(`${dir}/done`).catch(() => "")).split("\n").filter(Boolean);
  await Deno.writeTextFile(`${dir}/hold`, "");
  await board.enqueue({ id: ID, workflow: "work", input: {}, nowUs: 1 });
  let child = startChild();
  await until(async () => (await done()).includes("second"));
  if (disturb === undefined) {
    child.kill("SIGKILL");
    await child.status;
  } else await disturb();
  await Deno.remove(`${dir}/hold`);
  if (disturb === undefined) child = startChild();
  await until(async () => (await board.find(ID))?.state === "done");
  endProcess(child, "SIGTERM");
  await child.status;
  const steps = (await done()).filter((name) => name !== "second");
  assert.deepEqual(steps, ["first", "third"]);
  if (disturb === undefined) {
    assert.equal((await done()).filter((name) => name === "second").length, 2);
  }
  const job = await board.find(ID);
  assert.deepEqual(job?.steps.map(({ name }) => name), ["first", "second", "third"]);
}
