/**
 * Ways to store messages on JetStream and know it, in turn: the product's publisher (single messages,
 * up to 4,096 without an acknowledgement), atomic batches and fast ingest. 200 B payload, ids where the
 * way has them. `deno run -A bench/jetstream_bench.ts [messages a round]`, nats-server 2.14 or later.
 * @module
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { startFastIngest } from "@nats-io/jetstream/internal";
import { connect } from "@nats-io/transport-node";
import { openTransport } from "@ssmd/transport";
import { startNatsServer } from "../tests/servers/nats_server.ts";
import { median } from "./measure.ts";
import { cpuSecondsOf } from "./watched.ts";

const MESSAGES = Number(Deno.args[0] ?? 20_000);
const ROUNDS = 5;
const BATCH = 500;
const BATCHES_OPEN = 4;
const PAYLOAD = new Uint8Array(200).fill(65);

const server = await startNatsServer();
const connection = await connect({ servers: server.url });
await (await jetstreamManager(connection)).streams.add({
  ...{ name: "batches", subjects: ["batch.>"], allow_atomic: true, allow_batched: true },
});
const js = jetstream(connection);
const transport = await openTransport({ type: "nats", url: server.url }, { env: "bench" });
const publisher = transport.publisher();
let number = 0;

function subject(prefix: string): string {
  return `${prefix}.kraken.trade.SYMBOL${number++ % 50}`;
}

async function throughWindow(): Promise<void> {
  for (let n = 0; n < MESSAGES; n++) {
    if (publisher.full) await publisher.ready();
    const to = subject("bench");
    publisher.publish({ subject: to, payload: PAYLOAD, id: `20261120T100000-${number}-0` });
  }
  await publisher.flush();
}

/** Batches are begun one after another, as they must be to keep the order. */
async function throughAtomicBatches(): Promise<void> {
  const open: Promise<unknown>[] = [];
  for (let n = 0; n < MESSAGES; n += BATCH) {
    if (open.length >= BATCHES_OPEN) await open.shift();
    const batch = await js.startBatch(subject("batch"), PAYLOAD);
    for (let i = 2; i < BATCH; i++) batch.add(subject("batch"), PAYLOAD);
    open.push(batch.commit(subject("batch"), PAYLOAD));
  }
  await Promise.all(open);
}

async function throughFastIngest(): Promise<void> {
  const ingest = await startFastIngest(connection, subject("batch"), PAYLOAD, {
    ackInterval: BATCH,
    maxOutstandingAcks: BATCHES_OPEN,
    allowGaps: false,
  });
  for (let n = 2; n < MESSAGES; n++) {
    const id = `20261120T100000-${number}-0`;
    await ingest.add(subject("batch"), PAYLOAD, { msgID: id });
  }
  await ingest.last(subject("batch"), PAYLOAD);
}

const ways = {
  "single messages, window": throughWindow,
  "atomic batches of 500": throughAtomicBatches,
  "fast ingest, ack each 500": throughFastIngest,
};
const rates: Record<string, { perSecond: number; cpuUs: number }[]> = {};
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, run] of Object.entries(ways)) {
    const [startedMs, cpu] = [performance.now(), cpuSecondsOf(Deno.pid)];
    await run();
    const perSecond = MESSAGES / (performance.now() - startedMs) * 1000;
    const cpuUs = (cpuSecondsOf(Deno.pid) - cpu) / MESSAGES * 1e6;
    if (round > 0) (rates[name] ??= []).push({ perSecond, cpuUs });
  }
}
const medians = Object.entries(rates).map(([name, each]) => ({
  name,
  perSecond: median(each.map(({ perSecond }) => perSecond)),
  cpuUs: median(each.map(({ cpuUs }) => cpuUs)),
}));
for (const { name, perSecond, cpuUs } of medians) {
  const ratio = perSecond / (medians[0]?.perSecond ?? NaN);
  const speed = Math.round(perSecond).toLocaleString("en-US").padStart(9);
  console.log(
    `${name.padEnd(28)} ${speed}/s  ${ratio.toFixed(2)} ×  ${cpuUs.toFixed(1)} µs of CPU here each`,
  );
}
await publisher.close();
await transport.close();
await connection.close();
await server.stop();
