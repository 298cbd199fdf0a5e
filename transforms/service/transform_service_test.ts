import assert from "node:assert/strict";
import {
  type ServiceRefusal,
  type TransformsDone,
  type TransformsRequest,
  transformsSubject,
} from "@ssmd/market";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { TransformService, type TransformServiceOptions } from "./transform_service.ts";

type Ask = (request: TransformsRequest) => Promise<TransformsDone | ServiceRefusal>;

async function withService(
  body: (ask: Ask, metrics: Metrics, registryDir: string) => Promise<void>,
  options: Partial<TransformServiceOptions> = {},
): Promise<void> {
  const registryDir = await Deno.makeTempDir({ prefix: "ssmd-transforms-" });
  await Deno.mkdir(`${registryDir}/transforms`);
  await Deno.writeTextFile(`${registryDir}/transforms/price.ts`, "export default (r) => r.price;");
  await Deno.writeTextFile(
    `${registryDir}/transforms/loops.lua`,
    "return function(r) while r.price > 0 do end return 'x' end",
  );
  const transport = memoryTransport();
  const metrics = new Metrics("transforms");
  const service = new TransformService({
    ...{ env: "test", registryDir, transport, logger: silentLogger, metrics, ...options },
  });
  await service.start();
  const ask: Ask = async (request) => {
    const payload = new TextEncoder().encode(JSON.stringify(request));
    const bytes = await transport.request(transformsSubject("test"), payload, 120_000);
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  try {
    await body(ask, metrics, registryDir);
  } finally {
    await service.close();
    await transport.close();
    await Deno.remove(registryDir, { recursive: true });
  }
}

async function opened(ask: Ask, name: string, caller: string): Promise<string> {
  const answer = await ask({ action: "open", name, caller });
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.session ?? "";
}

const codeOf = (answer: TransformsDone | ServiceRefusal) => answer.ok ? "" : answer.code;

Deno.test("one caller has so many sessions, all together so many, and an end makes room", () =>
  withService(async (ask) => {
    const first = await opened(ask, "price", "ada");
    await opened(ask, "price", "ada");
    const open = (caller: string) => ask({ action: "open", name: "price", caller });
    assert.equal(codeOf(await open("ada")), "TRANSFORMS_BUSY");
    await opened(ask, "price", "ben");
    assert.equal(codeOf(await open("cem")), "TRANSFORMS_BUSY");
    await ask({ action: "close", session: first });
    await opened(ask, "price", "cem");
  }, { sessions: { total: 3, perCaller: 2 } }));

/** One reusable session of a transform for one record, like a request over REST. */
async function requested(
  ask: Ask,
  name: string,
  caller: string,
): Promise<TransformsDone | ServiceRefusal> {
  const opened = await ask({ action: "open", name, caller, isReusable: true });
  if (!opened.ok) return opened;
  const session = opened.session ?? "";
  const answer = await ask({ action: "run", session, records: [{}] });
  await ask({ action: "close", session });
  return answer;
}

Deno.test("a caller's next request gets the process of its last one, no other caller or source does", () =>
  withService(async (ask, _, registryDir) => {
    const counts = (prefix: string) =>
      Deno.writeTextFile(
        `${registryDir}/transforms/counts.ts`,
        `let seen = 0; export default () => "${prefix}" + ++seen;`,
      );
    await counts("a");
    const textOf = async (caller: string) => {
      const answer = await requested(ask, "counts", caller);
      assert.ok(answer.ok, JSON.stringify(answer));
      return (answer.outputs?.[0] as { text: string }).text;
    };
    assert.deepEqual([await textOf("ada"), await textOf("ada")], ["a1", "a2"]);
    assert.equal(await textOf("ben"), "a1");
    const stream = await opened(ask, "counts", "ada");
    const streamed = await ask({ action: "run", session: stream, records: [{}] });
    assert.deepEqual(streamed, { ok: true, outputs: [{ text: "a1" }] });
    await ask({ action: "close", session: stream });
    await counts("b");
    assert.deepEqual([await textOf("ada"), await textOf("ben")], ["b1", "b1"]);
  }, { sessions: { keptMs: 600_000 } }));

Deno.test("a kept process makes room for a new one, and ends by itself", async () => {
  await withService(async (ask, metrics) => {
    for (const caller of ["ada", "ben"]) assert.ok((await requested(ask, "price", caller)).ok);
    assert.match(metrics.text(), /ssmd_transforms_sessions 2/);
    await opened(ask, "price", "cem");
    await opened(ask, "price", "cem");
    assert.match(metrics.text(), /ssmd_transforms_sessions 2/);
    assert.equal(codeOf(await requested(ask, "price", "ada")), "TRANSFORMS_BUSY");
  }, { sessions: { total: 2, perCaller: 2, keptMs: 600_000 } });
  await withService(async (ask, metrics) => {
    assert.ok((await requested(ask, "price", "ada")).ok);
    while (!/ssmd_transforms_sessions 0/.test(metrics.text())) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }, { sessions: { keptMs: 50 } });
});

Deno.test("a session that nobody uses is ended, and asking for it again is told", () =>
  withService(async (ask) => {
    const session = await opened(ask, "price", "ada");
    const run = () => ask({ action: "run", session, records: [{ price: 5 }] });
    assert.deepEqual(await run(), { ok: true, outputs: [{ json: 5 }] });
    let answer = await run();
    // A session that is asked stays; this one rests longer each time.
    for (let waitMs = 50; answer.ok; waitMs *= 2) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      answer = await run();
    }
    assert.equal(answer.code, "TRANSFORM_SESSION_ENDED");
  }, { sessions: { idleMs: 100 } }));

Deno.test("a transform rests for the caller whom it harmed, and for no other; all is counted", () =>
  withService(async (ask, metrics) => {
    const session = await opened(ask, "loops", "ada");
    for (let i = 0; i < 3; i++) {
      const answer = await ask({ action: "run", session, records: [{ price: 1 }] });
      assert.match(JSON.stringify(answer), /the transform failed/);
    }
    const run = () => ask({ action: "run", session, records: [{ price: 0 }] });
    assert.equal(codeOf(await run()), "TRANSFORM_QUARANTINED");
    assert.equal(codeOf(await run()), "TRANSFORM_SESSION_ENDED");
    const open = (caller: string) => ask({ action: "open", name: "loops", caller });
    assert.equal(codeOf(await open("ada")), "TRANSFORM_RESTS");
    assert.equal(codeOf(await open("ben")), "");
    const text = metrics.text();
    assert.match(text, /ends_total\{code="SANDBOX_LATE"\} 3/);
    assert.match(text, /records_total\{outcome="error"\} 3/);
    assert.match(text, /ssmd_transforms_sessions 1/);
  }));

Deno.test("requests that are none, and names that are not there, are answered", () =>
  withService(async (ask) => {
    assert.equal(codeOf(await ask({ action: "nope" } as never)), "TRANSFORMS_REQUEST");
    const unknown = await ask({ action: "open", name: "prise", caller: "ada" });
    assert.ok(!unknown.ok);
    assert.deepEqual([unknown.code, unknown.hint], ["TRANSFORM_UNKNOWN", 'Did you mean "price"?']);
    const path = await ask({ action: "open", name: "../feeds/kraken", caller: "ada" });
    assert.equal(codeOf(path), "TRANSFORM_UNKNOWN");
  }));
