import type { TransformOutput } from "@ssmd/market";
import { type HostPipe, jsonFrame, jsonOf, thrownText } from "@ssmd/sandbox/host";
import { FROM_HOST, TO_HOST } from "./frames.ts";

/** Transforms records to outputs, one each. */
type Run = (records: readonly unknown[]) => TransformOutput[];

/** System functions kept before they are removed. */
interface HostTools {
  pipe: HostPipe;
  memoryUsage: () => { rss: number };
  /** Monotonic time, ms. */
  now: () => number;
}

/** Serves one transform; `load` creates it from code and throws for invalid code. */
export function serveTransform(
  { pipe, memoryUsage, now }: HostTools,
  load: (code: string) => Run,
): void {
  let run: Run = () => [];
  const answer = (kind: number, body: Uint8Array): Uint8Array => {
    const value = jsonOf(body);
    if (kind === TO_HOST.run) {
      const startedMs = now();
      const outputs = run(value as unknown[]);
      const costUs = Math.round((now() - startedMs) * 1000);
      return jsonFrame(FROM_HOST.done, { outputs, costUs, rssBytes: memoryUsage().rss });
    }
    run = load((value as { code: string }).code);
    return jsonFrame(FROM_HOST.ready, {});
  };
  pipe.serve(answer, { failed: FROM_HOST.failed, textOf: thrownText });
}
