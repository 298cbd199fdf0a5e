import assert from "node:assert/strict";
import { CircuitBreaker } from "./circuit_breaker.ts";
import { StorageError } from "./errors.ts";
import { Health } from "./health.ts";
import { LIMITS } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { Backoff } from "./retry.ts";

const AWAY = new StorageError("STORAGE_UNAVAILABLE", "The bucket does not answer");
const ABSENT = new StorageError("NOT_FOUND", "There is no such object");

function broken() {
  const clock = { ms: 0 };
  const circuit = new CircuitBreaker({
    ...{ name: "storage_read", location: "s3://all", error: StorageError },
    isFailure: (error) => error === AWAY,
    nowMs: () => clock.ms,
  });
  let calls = 0;
  const call = (error?: unknown) =>
    circuit.run(() => {
      calls++;
      return error === undefined ? Promise.resolve("bytes") : Promise.reject(error);
    });
  const open = async () => {
    for (let i = 0; i < LIMITS.circuitFailuresMax; i++) await assert.rejects(call(AWAY), AWAY);
  };
  return { clock, circuit, call, open, calls: () => calls };
}

/** The error that an open breaker refuses a call with. */
async function refusalOf(call: () => Promise<unknown>): Promise<StorageError> {
  const error = await call().then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof StorageError);
  assert.equal(error.code, "CIRCUIT_OPEN");
  return error;
}

Deno.test("a breaker opens after failures in a row, and only after those of the other side", async () => {
  const { circuit, call, open } = broken();
  for (let i = 0; i < 20; i++) await assert.rejects(call(ABSENT), ABSENT);
  for (let i = 1; i < LIMITS.circuitFailuresMax; i++) await assert.rejects(call(AWAY), AWAY);
  assert.equal(circuit.problem, AWAY.message);
  await call();
  assert.equal(circuit.problem, undefined);
  await open();
  assert.equal(circuit.state, "open");
  assert.equal(circuit.problem, `${AWAY.message} (circuit storage_read open)`);
});

Deno.test("an open breaker calls nothing and tells how long to wait, which is the pause of a retry", async () => {
  const { circuit, call, open, calls, clock } = broken();
  await open();
  const before = calls();
  const error = await refusalOf(call);
  assert.equal(calls(), before);
  assert.match(error.message, /^Calls to s3:\/\/all are suspended: The bucket does not answer$/);
  assert.equal(error.retryable, true);
  const pauseMs = new Backoff().nextMs(error);
  assert.ok(pauseMs > 0.8 * LIMITS.circuitPauseMsFirst);
  clock.ms += pauseMs;
  assert.equal(circuit.state, "half_open");
});

Deno.test("one call at a time is a trial: its failure waits longer, its success lets all through", async () => {
  const { circuit, call, open, clock } = broken();
  await open();
  let pauseMs = 0;
  for (let trial = 0; trial < 8; trial++) {
    const nextMs = new Backoff().nextMs(await refusalOf(call));
    assert.ok(nextMs >= Math.min(pauseMs, LIMITS.circuitPauseMsMax * 0.8), `${nextMs} ms`);
    assert.ok(nextMs <= LIMITS.circuitPauseMsMax * 1.1 + 1);
    clock.ms += pauseMs = nextMs;
    const answer = Promise.withResolvers<string>();
    const running = circuit.run(() => answer.promise);
    await refusalOf(call);
    answer.reject(AWAY);
    await assert.rejects(running, AWAY);
    assert.equal(circuit.state, "open");
  }
  clock.ms += pauseMs * 2;
  assert.equal(await call(), "bytes");
  assert.equal(circuit.state, "closed");
  assert.equal(await call(), "bytes");
});

Deno.test("a trial that ends in the caller's own error leaves the next trial free", async () => {
  const { circuit, call, open, clock } = broken();
  await open();
  clock.ms += LIMITS.circuitPauseMsMax;
  await assert.rejects(call(ABSENT), ABSENT);
  assert.equal(circuit.state, "half_open");
  assert.equal(await call(), "bytes");
});

Deno.test("the state of each breaker is a metric from the first scrape on", async () => {
  const metrics = new Metrics("process");
  const { circuit, open, clock } = broken();
  const checks = new Health({ registry: metrics.registry }).component("storage");
  checks.addCircuit(circuit);
  const state = () => /breaker_state\{circuit="storage_read"\} (\d)/.exec(metrics.text());
  assert.equal((state())?.[1], "0");
  await open();
  assert.equal((state())?.[1], "2");
  clock.ms += LIMITS.circuitPauseMsMax;
  assert.equal((state())?.[1], "1");
  checks.close();
  assert.equal(state(), null);
});
