import assert from "node:assert/strict";
import { Backoff, beginLasting, Pause, sleep } from "./retry.ts";

/** What fails so often and then lasts; what happened to it. */
function lasting(failures: number) {
  const events: string[] = [];
  const begin = () => {
    if (events.length >= failures) {
      events.push("begun");
      return Promise.resolve({ close: () => void events.push("closed") });
    }
    return Promise.reject(new Error("The bus is away"));
  };
  const onFailed = (_error: unknown, isFirst: boolean) =>
    void events.push(isFirst ? "failed first" : "failed");
  return { events, begun: beginLasting(begin, { onFailed, pauses: new Backoff({ firstMs: 1 }) }) };
}

Deno.test("what fails at first is begun again until it lasts, and is closed once", async () => {
  const { events, begun } = lasting(3);
  const ongoing = await begun;
  assert.equal(events[0], "failed first");
  while (events.length < 4) await sleep(1);
  await ongoing.close();
  assert.deepEqual(events, ["failed first", "failed", "failed", "begun", "closed"]);
});

Deno.test("a try that waits for an answer keeps nobody from ending, and closes what it begins", async () => {
  const answer = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let tries = 0;
  const ongoing = await beginLasting(async () => {
    if (tries++ === 0) throw new Error("The bus is away");
    await answer.promise;
    return { close: closed.resolve };
  }, { onFailed: () => {}, pauses: new Backoff({ firstMs: 1 }) });
  while (tries < 2) await sleep(1);
  await ongoing.close();
  answer.resolve();
  await closed.promise;
});

Deno.test("a pause lasts as long as it was given, or until it is ended", async () => {
  const pause = new Pause();
  pause.end();
  const startMs = performance.now();
  await pause.wait(20);
  assert.ok(performance.now() - startMs >= 15);
  const long = pause.wait(60_000);
  pause.end();
  await long;
});
