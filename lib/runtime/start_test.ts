import assert from "node:assert/strict";
import { ConfigError, type SsmdError, StorageError, TransportError } from "./errors.ts";
import { createLogger } from "./log.ts";
import { startWhole } from "./start.ts";

/** A start that throws these errors, one a try, and then succeeds; what happened. */
function startThatFails(errors: readonly Error[], waitMsMax: number, signal?: AbortSignal) {
  const events: string[] = [];
  const write = (line: string) => void events.push(String(JSON.parse(line).message));
  const started = startWhole((stack) => {
    stack.defer(() => void events.push("ended"));
    const error = errors[events.filter((event) => event === "begun").length];
    events.push("begun");
    return error === undefined ? Promise.resolve("started") : Promise.reject(error);
  }, { logger: createLogger({ format: "json", write }), waitMsMax, signal });
  return { events, started };
}

const away = new TransportError("AWAY", "The bus is away", { retryable: true });

Deno.test("a bus that is away for a moment is waited for; each try begins with nothing open", async () => {
  const { events, started } = startThatFails([away, away], 60_000);
  assert.equal(await started, "started");
  const failed = ["begun", "cannot start yet", "ended"];
  assert.deepEqual(events, [...failed, ...failed, "begun"]);
});

Deno.test("what another try does not mend ends it at once", async () => {
  const errors: SsmdError[] = [
    new TransportError("UNAUTHORIZED", "The bus does not let us in"),
    new ConfigError("WRONG", "It is wrong", { retryable: true }),
    new StorageError("FULL", "The disk is full"),
  ];
  for (const error of errors) {
    const { events, started } = startThatFails([error], 60_000);
    await assert.rejects(started, error);
    assert.deepEqual(events, ["begun", "ended"]);
  }
});

Deno.test("it is waited for with a bound of time and tries, and the last error is told", async () => {
  const { events, started } = startThatFails(Array.from({ length: 99 }, () => away), 0);
  await assert.rejects(started, away);
  assert.equal(events.filter((event) => event === "begun").length, 5);
  assert.equal(events.at(-1), "ended");
});

Deno.test("a signal ends the waiting", async () => {
  const ended = new AbortController();
  ended.abort();
  const { events, started } = startThatFails([away], 60_000, ended.signal);
  await assert.rejects(started, away);
  assert.equal(events.filter((event) => event === "begun").length, 1);
});
