/**
 * Preloaded into a process of ours: its wall clock, in every thread, is ahead of the system's by what the
 * file of CLOCK_AHEAD_FILE says in milliseconds, from moment to moment. The monotonic clock is as ever, but
 * with CLOCK_AHEAD_OF=both it is ahead by as much, as if that time had passed.
 * @module
 */
const LOOK_MS = 20;
const FILE = Deno.env.get("CLOCK_AHEAD_FILE") ?? "";

const systemMs = Date.now;
const systemInstant = Temporal.Now.instant.bind(Temporal.Now);
let aheadMs = 0;

function look(): void {
  aheadMs = Number(Deno.readTextFileSync(FILE));
}

look();
Deno.unrefTimer(setInterval(look, LOOK_MS));
Date.now = () => systemMs() + aheadMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
});
Temporal.Now.instant = () => systemInstant().add({ milliseconds: aheadMs });
if (Deno.env.get("CLOCK_AHEAD_OF") === "both") {
  const steadyMs = performance.now.bind(performance);
  performance.now = () => steadyMs() + aheadMs;
}

const thread = new URL(import.meta.url).searchParams.get("thread");
if (thread !== null) await beThread(thread);
else {
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(`${import.meta.url}?thread=${encodeURIComponent(String(url))}`, options);
    }
  };
}

/** Runs the module of a thread; what is sent to it meanwhile comes when it listens. */
async function beThread(url: string): Promise<void> {
  const channel = globalThis as unknown as { onmessage?: (event: { data: unknown }) => void };
  const early: { data: unknown }[] = [];
  channel.onmessage = (event) => early.push(event);
  // deno-lint-ignore ssmd/layers -- what a thread runs is known when it is started
  await import(url);
  for (const event of early) channel.onmessage(event);
}
