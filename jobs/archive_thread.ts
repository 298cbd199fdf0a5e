/** Worker thread of one archive task: gets storage and task, answers, is terminated. @module */
import type { JsonRecord } from "@ssmd/journal";
import { messageOf, SsmdError } from "@ssmd/runtime";
import { openStorage, type StorageConfig } from "@ssmd/storage";
import { type ArchiveTask, doArchiveTask } from "./archive_task.ts";
import type { ArchiveAnswer } from "./archive_worker.ts";

/** The worker's end of its channel. */
interface Channel {
  onmessage: ((event: MessageEvent<{ config: StorageConfig; task: ArchiveTask }>) => void) | null;
  postMessage(answer: ArchiveAnswer): void;
}

const channel = globalThis as unknown as Channel;

async function answerTo(config: StorageConfig, task: ArchiveTask): Promise<ArchiveAnswer> {
  try {
    const storage = await openStorage(config);
    try {
      const log = (line: string, fields: JsonRecord) => channel.postMessage({ line, fields });
      return { ok: true, result: await doArchiveTask(task, { storage, config, log }) };
    } finally {
      await storage.close();
    }
  } catch (error) {
    const isOurs = error instanceof SsmdError;
    return {
      ok: false,
      error: {
        code: isOurs ? error.code : "JOB_FAILED",
        message: messageOf(error),
        hint: isOurs ? error.hint : "See the job's log",
        retryable: isOurs && error.retryable,
      },
    };
  }
}

channel.onmessage = ({ data: { config, task } }) => {
  answerTo(config, task).then((answer) => channel.postMessage(answer));
};
