/** Worker thread of a reprocess: receives the storage configuration, then tasks. @module */
import { messageOf, SsmdError } from "@ssmd/runtime";
import { openStorage, type Storage, type StorageConfig } from "@ssmd/storage";
import type { WorkerAnswer, WorkerTask } from "./executor.ts";
import { sealType } from "./seal_type.ts";
import { translateDay } from "./translate_day.ts";

/** The worker's end of its channel. */
interface Channel {
  onmessage: ((event: MessageEvent<StorageConfig | WorkerTask>) => void) | null;
  postMessage(answer: WorkerAnswer): void;
}

const channel = globalThis as unknown as Channel;
let storage: Promise<Storage> | undefined;

async function done(task: WorkerTask): Promise<WorkerAnswer> {
  try {
    if (storage === undefined) {
      throw new SsmdError("WORKER_FAILED", "A task came before its storage");
    }
    const opened = await storage;
    const result = task.kind === "translate"
      ? await translateDay(opened, task.task)
      : await sealType(opened, task.task);
    return { ok: true, result };
  } catch (error) {
    const code = error instanceof SsmdError ? error.code : "WORKER_FAILED";
    const hint = error instanceof SsmdError ? error.hint : "";
    return { ok: false, error: { code, message: messageOf(error), hint } };
  }
}

channel.onmessage = ({ data }) => {
  if ("kind" in data) done(data).then((answer) => channel.postMessage(answer));
  else {
    storage = openStorage(data);
    // The first task reports the failure.
    storage.catch(() => {});
  }
};
