/**
 * Messages per second over the buses, 200 B payload.
 * `deno run -A bench/transport_bench.ts [messages a round]`
 * @module
 */
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";

const ROUNDS = 5;
const MESSAGES = Number(Deno.args[0] ?? 100_000);
const PAYLOAD = new Uint8Array(200).fill(65);
const SUBJECTS = Array.from({ length: 50 }, (_, n) => `bench.kraken.trade.SYMBOL${n}`);

let run = 0;

/** Median of several rounds, with the spread, as a line. */
async function measure(name: string, round: () => Promise<number>): Promise<number> {
  const rates: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const startedMs = performance.now();
    const messages = await round();
    rates.push(messages / (performance.now() - startedMs) * 1000);
  }
  rates.sort((a, b) => a - b);
  const text = (rate: number | undefined) => Math.round(rate ?? 0).toLocaleString("en-US");
  const median = rates[Math.floor(ROUNDS / 2)] ?? 0;
  console.log(
    `${name.padEnd(52)} ${text(median).padStart(11)}/s   (${text(rates[0])} … ${
      text(rates.at(-1))
    })`,
  );
  return median;
}

async function publishRound(transport: Transport): Promise<number> {
  const publisher = transport.publisher();
  const runId = `20261120T100000-${run++}`;
  for (let n = 0; n < MESSAGES; n++) {
    if (publisher.full) await publisher.ready();
    publisher.publish({
      subject: SUBJECTS[n % SUBJECTS.length] ?? "",
      payload: PAYLOAD,
      id: `${runId}-${n}-0`,
    });
  }
  await publisher.flush();
  await publisher.close();
  return MESSAGES;
}

async function coreRound(connection: NatsConnection, withId: boolean): Promise<number> {
  for (let n = 0; n < MESSAGES; n++) {
    const subject = `core.kraken.trade.SYMBOL${n % 50}`;
    if (withId) {
      const header = headers();
      header.set("Nats-Msg-Id", `20261120T100000-${n}-0`);
      connection.publish(subject, PAYLOAD, { headers: header });
    } else connection.publish(subject, PAYLOAD);
    if (n % 1000 === 999) await connection.flush();
  }
  await connection.flush();
  return MESSAGES;
}

async function consumeRound(transport: Transport, count: number): Promise<number> {
  const done = Promise.withResolvers<void>();
  let seen = 0;
  const consumer = await transport.consume({
    name: `bench-${run++}`,
    filters: ["bench.>"],
    onHole: () => {},
    onMessage: (message) => {
      if (++seen % 1000 === 0) consumer.acknowledge(message.streamSequence);
      if (seen === count) done.resolve();
    },
  });
  await done.promise;
  await consumer.close();
  return count;
}

async function benchMemory(): Promise<void> {
  const transport = await openTransport({ type: "memory" }, { env: "bench" });
  let seen = 0;
  const consumer = await transport.consume({
    name: "archiver-main",
    filters: ["bench.>"],
    onHole: () => {},
    onMessage: (message) => {
      if (++seen % 1000 === 0) consumer.acknowledge(message.streamSequence);
    },
  });
  await measure("memory: publish to one durable consumer, ids", async () => {
    for (let n = 0; n < 10; n++) await publishRound(transport);
    return 10 * MESSAGES;
  });
  await transport.close();
}

async function benchNats(): Promise<void> {
  const server = await startNatsServer();
  const connection = await connect({ servers: server.url });
  await measure("nats core publish (baseline, nothing stored)", () => coreRound(connection, false));
  await measure("nats core publish, new headers each", () => coreRound(connection, true));
  await connection.close();

  const transport = await openTransport({ type: "nats", url: server.url }, { env: "bench" });
  await measure("nats: publish, stored and acknowledged, ids", () => publishRound(transport));
  const count = ROUNDS * MESSAGES;
  await measure("nats: durable consume, ack every 1000", () => consumeRound(transport, count));
  await transport.close();
  await server.stop();
}

await benchMemory();
if (natsServerAvailable()) await benchNats();
