import { setTimeout as delay } from "node:timers/promises";
import { folderStorage } from "@ssmd/storage";
import { manifestsOf } from "../crash_raw.ts";

/** Longest wait for the archive to change at all: how fast a machine is says nothing. */
const STALL_MS_MAX = 120_000;

/** Waits until nothing that left the bus is still to be made again from raw. */
export async function untilRepaired(data: string, env: string): Promise<void> {
  const storage = folderStorage(data);
  let last = "";
  let changedMs = performance.now();
  for (;;) {
    const manifests = await manifestsOf(storage, "normalized", env);
    const open = manifests.flatMap(({ gaps }) => gaps.filter(({ bus }) => bus === "open"));
    if (open.length === 0) return await storage.close();
    const now = JSON.stringify(manifests.map(({ count, gaps }) => [count, gaps.length]));
    if (now !== last) [last, changedMs] = [now, performance.now()];
    if (performance.now() - changedMs > STALL_MS_MAX) {
      throw new Deno.errors.TimedOut(`${open.length} gaps of the bus were not repaired`);
    }
    await delay(200);
  }
}
