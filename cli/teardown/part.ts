import { SsmdError } from "@ssmd/runtime";
import { z } from "zod";

/** Data of an environment in one location. */
export const PART = z.object({
  where: z.enum(["storage", "disk", "bus", "cache", "database"]),
  what: z.string().describe("A prefix of keys, a file or folder, a stream, a schema"),
  items: z.int().nullable().describe("Objects, files, messages or tables; null = not counted"),
  bytes: z.int().nullable().describe("null = not counted"),
});

/** See {@linkcode PART}. */
export type Part = z.output<typeof PART>;

/** Part with its removal function. */
export type FoundPart = Part & { remove: () => Promise<void> };

/** Error for an environment that is running. */
export function environmentRunningError(env: string, who: string): SsmdError {
  return new SsmdError("ENV_RUNNING", `Environment ${env} runs: ${who}`, {
    hint: "Stop its services first",
  });
}
