import assert from "node:assert/strict";
import {
  type ServiceRefusal,
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
} from "@ssmd/market";
import { createLogger, Metrics } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { readSignals } from "./read_signals.ts";
import { SignalService } from "./signal_service.ts";

const GOOD = `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "t", version: 1, on: { feeds: ["kraken"], symbols: ["*"] },
  state: { book: orderbook() }, when: () => true, fire: () => ({}),
});`;
const THROWS = GOOD.replace("export", 'throw new Error("not today");\nexport');

Deno.test("signals whose files are broken are told, and stop neither the others nor the start", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ssmd-signals-" });
  const lacks = GOOD.replace("\n", '\nimport { x } from "./absent.ts";\n');
  const files = { good: GOOD, throws: THROWS, broken: GOOD.slice(0, -3), lacks };
  for (const [id, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${id}.ts`, text);
  }
  const signals = { good: {}, throws: {}, broken: {}, lacks: {} };
  const transport = memoryTransport();
  const lines: string[] = [];
  const running = Promise.withResolvers<void>();
  const write = (line: string) => {
    lines.push(line);
    if (line.includes("signals run")) running.resolve();
  };
  const service = new SignalService({
    ...{ env: "test", feeds: ["kraken"], transport, storage: memoryStorage() },
    ...{ metrics: new Metrics("signals"), logger: createLogger({ write }) },
    readSignals: () => readSignals({ signals }, [folder]),
  });
  const ask = async (request: SignalsRequest): Promise<SignalsDone | ServiceRefusal> => {
    const payload = new TextEncoder().encode(JSON.stringify(request));
    const answer = await transport.request(signalsSubject("test"), payload, 60_000);
    return JSON.parse(new TextDecoder().decode(answer));
  };
  await service.start();
  try {
    await running.promise;
    const list = await ask({ action: "list" });
    assert.ok(list.ok);
    const states = list.signals.map(({ id, state }) => `${id} ${state}`);
    assert.deepEqual(states, [
      ...["good running", "throws failed", "broken failed", "lacks failed"],
    ]);
    const why = list.signals.map((each) => each.why);
    assert.match(why[1] ?? "", /not today/);
    assert.match(why[2] ?? "", /broken.ts:\d+:\d+: /);
    assert.match(why[3] ?? "", /lacks.ts:2:\d+: there is no file .*absent.ts/);
    const errors = lines.filter((line) => line.includes('"error"'));
    assert.equal(errors.length, 3, lines.join(""));
    assert.match(errors.join(""), /does not run.*throws.*not today[^]*does not run.*broken/);
    const deployed = await ask({ action: "deploy" });
    assert.ok(!deployed.ok && deployed.code === "SIGNAL_REFUSED", JSON.stringify(deployed));
  } finally {
    await service.close();
    await Deno.remove(folder, { recursive: true });
  }
});
