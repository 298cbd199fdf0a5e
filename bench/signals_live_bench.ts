/**
 * Signals as they run: from a record's publishing to its fire on the bus, in memory and on NATS; and how
 * soon a signal that loops is out, and the processor idle again. A child without work behind the same
 * pipes, and how late a timer of this process is, tell how much of it is the machine's. @module
 */
import { decode, Encoder, encodeWatermark, RecordKeyReader } from "@ssmd/codec";
import { type MarketEvent, recordFilters, subjectOf, watermarkSubject } from "@ssmd/market";
import { Metrics, nowUs, silentLogger, sleep } from "@ssmd/runtime";
import {
  BatchWriter,
  type HostedSignal,
  linkSignal,
  SignalService,
  Supervisor,
} from "@ssmd/signals";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport, openTransport, type Publisher, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";

const ENV = "bench";
const FEED = "kraken";
const SIGNALS = 50;
const RATE = 5_000;
const SECONDS = 10;
/** Records that are published before times count. */
const WARM = RATE * 2;
const SYMBOLS = 10;
const encoder = new Encoder();

/** Asks after every record of every market, and fires once in so many: not all at once. */
function sourceOf(i: number, harm = ""): string {
  return `import { orderbook, priceHistory, signal } from "@ssmd/signal";
let seen = 0;
export default signal({
  title: "bench", version: 1, on: { feeds: ["${FEED}"], symbols: ["*"] },
  state: { book: orderbook(), price: priceHistory({ window: "1s", source: "mid" }) },
  when: ({ book, price }) => {
    seen++;
    ${harm}
    return book.spread > 0 && price.last > 0 && seen % ${RATE} === ${i * RATE / SIGNALS};
  },
  edge: "level", cooldown: "1ms", maxFiresPerHour: 36000,
  fire: ({ book }) => ({ mid: book.mid }),
});`;
}

async function signalOf(id: string, source: string): Promise<HostedSignal> {
  return { id, params: {}, ...await linkSignal(`${id}.ts`, () => Promise.resolve(source)) };
}

/** Book changes; the first of each market is its whole book. */
function recordOf(i: number, receivedAtUs: number): MarketEvent {
  const price = 100 + i % 7;
  const level = (at: number) => [{ price: at, size: 1 + i % 5 }];
  return {
    ...{ type: "orderbook", kind: "snapshot", depth: 10, checksum: "verified" },
    ...{ timestampUs: 0, receivedAtUs, feed: FEED, symbol: `M${i % SYMBOLS}` },
    ...{ sequence: i + 1, run: 1, connection: 1, bids: level(price), asks: level(price + 1) },
  };
}

/** Percentiles of times, ms. */
function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms`;
}

/** Publishes at the rate; gives how late timers were, ms. */
async function publishSteadily(publisher: Publisher, pipe: BarePipe): Promise<number[]> {
  const latesMs: number[] = [];
  const beganMs = performance.now();
  for (let i = 0, marks = 0; i < WARM + RATE * SECONDS;) {
    const due = (performance.now() - beganMs) / 1000 * RATE;
    for (; i < due; i++) {
      const record = recordOf(i, nowUs());
      const subject = subjectOf(ENV, FEED, record.type, record.symbol);
      publisher.publish({ subject, payload: encoder.encode(record).slice(), id: "" });
    }
    if (due > marks * RATE / 10) {
      marks++;
      const payload = encodeWatermark({ feed: FEED, timeUs: nowUs() });
      publisher.publish({ subject: watermarkSubject(ENV, FEED), payload, id: "" });
    }
    if (i >= WARM) pipe.send();
    const sleptMs = performance.now();
    await sleep(1);
    latesMs.push(performance.now() - sleptMs - 1);
  }
  return latesMs;
}

/** A child that gives back what it gets: what two pipes and two processes cost without any work. */
class BarePipe implements AsyncDisposable {
  readonly timesMs: number[] = [];
  #child = new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
  #writer = this.#child.stdin.getWriter();
  #read = this.#readAll();

  /** Sends a time; its return is counted. */
  send(): void {
    this.#writer.write(new Uint8Array(new Float64Array([nowUs()]).buffer)).catch(() => {});
  }

  async #readAll(): Promise<void> {
    const bytes = new Uint8Array(8);
    let used = 0;
    for await (const chunk of this.#child.stdout) {
      for (const byte of chunk) {
        bytes[used++] = byte;
        if (used < bytes.length) continue;
        used = 0;
        const [sentAtUs = NaN] = new Float64Array(bytes.buffer);
        this.timesMs.push((nowUs() - sentAtUs) / 1000);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#read;
    await this.#child.status;
  }
}

async function latency(name: string, transport: Transport): Promise<void> {
  const storage = memoryStorage();
  const ids = Array.from({ length: SIGNALS }, (_, i) => i);
  const signals = await Promise.all(ids.map((i) => signalOf(`bench_${i}`, sourceOf(i))));
  const service = new SignalService({
    ...{ env: ENV, feeds: [FEED], transport, storage, logger: silentLogger },
    metrics: new Metrics("signals"),
    readSignals: () => Promise.resolve(signals.map((signal) => ({ ...signal, enabled: true }))),
  });
  await service.start();
  const timesMs: number[] = [];
  const countsFromUs = nowUs() + WARM / RATE * 1e6;
  await transport.subscribe(recordFilters(ENV, ["fire"]), ({ payload }) => {
    const { causeReceivedAtUs: publishedAtUs } = decode("fire", payload);
    if (publishedAtUs >= countsFromUs) timesMs.push((nowUs() - publishedAtUs) / 1000);
  });
  // A message that signals do not take would hold back those behind it: a reader looks whether one
  // of theirs has left the bus.
  const echoesMs: number[] = [];
  const keys = new RecordKeyReader();
  await transport.subscribe([subjectOf(ENV, FEED, "orderbook", "M0")], ({ payload }) => {
    keys.read(payload);
    if (keys.receivedAtUs >= countsFromUs) echoesMs.push((nowUs() - keys.receivedAtUs) / 1000);
  });
  const publisher = transport.publisher();
  await using pipe = new BarePipe();
  const latesMs = await publishSteadily(publisher, pipe);
  await publisher.flush();
  await sleep(500);
  console.log(`${name}: ${timesMs.length} fires of ${SIGNALS} signals, ${RATE} records/s`);
  console.log(`  record → fire    ${spread(timesMs)}`);
  console.log(`  the bus alone    ${spread(echoesMs)}`);
  console.log(`  a bare pipe      ${spread(pipe.timesMs)}`);
  console.log(`  a timer is late  ${spread(latesMs)}`);
  await service.close();
  await publisher.close();
}

/** Fields of a process's statistics, from its state on. */
function statOf(pid: string): number[] {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
}

/** Processor time of the hosts that this process has started, ended ones too, ms. */
function hostsCpuMs(): number {
  const own = statOf("self");
  let ticks = (own[13] ?? 0) + (own[14] ?? 0);
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = statOf(name);
      if (fields[1] === Deno.pid) ticks += (fields[11] ?? 0) + (fields[12] ?? 0);
    } catch {
      // It ended while it was looked at.
    }
  }
  return ticks * 10;
}

async function quarantine(): Promise<void> {
  const others = await Promise.all([1, 2, 3].map((i) => signalOf(`other_${i}`, sourceOf(i))));
  const loops = await signalOf("loops", sourceOf(0, "if (seen > 2000) for (;;);"));
  const took: number[] = [];
  const worked: number[] = [];
  const startUs = nowUs();
  let [beganMs, beganCpuMs] = [0, 0];
  const supervisor = new Supervisor({
    signals: [...others, loops],
    onQuarantine: () => {
      took.push(performance.now() - beganMs);
      worked.push(hostsCpuMs() - beganCpuMs);
    },
  });
  await supervisor.start();
  const writer = new BatchWriter();
  for (let i = 0; i < 6000; i++) {
    const record = recordOf(i, startUs + i * 1000);
    writer.addRecord(record.type, encoder.encode(record));
    if (i % 500 !== 499) continue;
    if (took.length === 0) [beganMs, beganCpuMs] = [performance.now(), hostsCpuMs()];
    await supervisor.send(writer.finish(i));
  }
  let idleMs = NaN;
  for (let before = hostsCpuMs(); Number.isNaN(idleMs);) {
    await sleep(100);
    const now = hostsCpuMs();
    if (now - before <= 20) idleMs = performance.now() - beganMs;
    before = now;
  }
  await supervisor.stop();
  console.log(
    `a loop: out after ${took[0]?.toFixed(0)} ms, ${worked[0]?.toFixed(0)} ms of processor time; ` +
      `hosts idle after ${idleMs.toFixed(0)} ms`,
  );
}

await quarantine();
const memory = memoryTransport();
await latency("memory", memory);
await memory.close();
if (natsServerAvailable()) {
  const server = await startNatsServer();
  const nats = await openTransport({ type: "nats", url: server.url }, {
    ...{ env: ENV, logger: silentLogger },
  });
  await latency("NATS  ", nats);
  await nats.close();
  await server.stop();
}
