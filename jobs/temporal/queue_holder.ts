import { whoIsThis } from "@ssmd/journal";
import { SsmdError } from "@ssmd/runtime";
import type { TemporalBoard } from "./temporal_board.ts";
import type { TemporalQueue } from "./temporal_queue.ts";

/** Returns the worker's identity for the server: its process and its data folder's id. */
export async function workerIdentity(dataDir: string, env: string): Promise<string> {
  const { pid, host } = whoIsThis();
  return `process ${pid} on ${host} ${await folderId(`${dataDir}/jobs/${env}.id`)}`;
}

/**
 * Refuses a worker while one with another data folder polls the queue, as trading days are stored
 * in the folder. Throws SsmdError `QUEUE_TAKEN`.
 */
export async function assertQueueFree(
  board: TemporalBoard,
  { taskQueue }: TemporalQueue,
  identity: string,
): Promise<void> {
  const [own] = identity.split(" ").slice(-1);
  const other = (await board.workers()).find((each) => !each.endsWith(` ${own}`));
  if (other === undefined) return;
  const who = other.split(" ").slice(0, -1).join(" ");
  throw new SsmdError("QUEUE_TAKEN", `${who} does the jobs of Temporal's queue ${taskQueue}`, {
    hint: "It has another data folder; one that is gone is forgotten after 90 s",
  });
}

/** Returns a folder's stored id, independent of its path. The caller holds the folder's lock. */
async function folderId(path: string): Promise<string> {
  const known = await Deno.readTextFile(path).catch(() => "");
  if (known !== "") return known;
  const id = crypto.randomUUID();
  await Deno.writeTextFile(path, id);
  return id;
}
