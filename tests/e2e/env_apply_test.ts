import assert from "node:assert/strict";
import { decode } from "@ssmd/codec";
import { EVENT_TYPES, type EventType, type Gap } from "@ssmd/market";
import { demoKey, type Simulator, startSimulator } from "@ssmd/simulator";
import { openTransport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { eventually, Folder, Running, runSsmd, verify } from "./_process.ts";
import { kalshiKeys, writeRegistry } from "./_registry.ts";
import { assertRawAgainstLedger } from "./crash_raw.ts";

const ENV = "rig";
/** Markets that stay, and markets that come and go. */
const STAYS = 10;
const COMES = 100;
const SERIES = "KXROLL15M";
const KALSHI = "KXSTAY-26DEC31-T1";

const nameOf = (n: number) => `S${n}USD`;
const cameNames = Array.from({ length: COMES }, (_, n) => nameOf(STAYS + n));

/** Writes the environment's file with so many of Kraken's markets. */
async function writeSymbols(dir: string, markets: number): Promise<void> {
  const path = `${dir}/exchanges/environments/${ENV}.yaml`;
  const file = JSON.parse(await Deno.readTextFile(path));
  const kraken = Array.from(
    { length: markets },
    (_, n) => [nameOf(n), { feed: "kraken", external: `S${n}/USD` }] as const,
  );
  file.symbols = { ...Object.fromEntries(kraken), [KALSHI]: { feed: "kalshi", external: KALSHI } };
  file.select = [{ feed: "kalshi", series: SERIES }];
  file.connects = { kraken: { burst: 1000, refill: "1ms" } };
  await Deno.writeTextFile(path, JSON.stringify(file, null, 2));
}

/** Everything on the bus: symbols by when their first record came, and gaps. */
class Bus {
  firstMs = new Map<string, number>();
  gaps: Gap[] = [];
  /** Steps of lives by market. */
  lives = new Map<string, string[]>();

  take = (subject: string, payload: Uint8Array) => {
    const type = subject.split(".")[2] as EventType;
    if (!EVENT_TYPES.includes(type)) return;
    const event = decode(type, payload);
    if (event.type === "gap") this.gaps.push(event);
    if (!this.firstMs.has(event.symbol)) this.firstMs.set(event.symbol, performance.now());
    if (event.type !== "status") return;
    this.lives.set(event.symbol, [...this.lives.get(event.symbol) ?? [], event.detail]);
  };
}

function isOfLateVenue({ reason, detail }: Gap): boolean {
  return reason === "subscription" && /The venue confirmed .* and sent nothing/.test(detail);
}

interface Services {
  dir: string;
  natsUrl: string;
  kraken: Simulator;
  kalshi: Simulator;
}

async function withServices(body: (services: Services) => Promise<void>): Promise<void> {
  await using folder = new Folder();
  const dir = folder.path;
  const server = await startNatsServer();
  const symbols = Array.from({ length: STAYS + COMES }, (_, n) => ({ external: `S${n}/USD` }));
  const model = { type: "model", seed: 7 } as const;
  const kraken = await startSimulator({
    ...{ venue: "kraken", source: { ...model, ratePerSecond: 300, symbols } },
    ledger: `${dir}/kraken.ledger`,
  });
  const rolls = [{ series: SERIES, everyUs: 900e6 }];
  const kalshi = await startSimulator({
    venue: "kalshi",
    source: { ...model, ratePerSecond: 2, speed: 180, symbols: [{ external: KALSHI }], rolls },
  });
  try {
    await writeRegistry(dir, {
      name: ENV,
      natsUrl: server.url,
      feeds: {
        kraken: { symbols: {}, endpoint: kraken.url },
        kalshi: { symbols: {}, endpoint: kalshi.url },
      },
    });
    await writeSymbols(dir, STAYS);
    await body({ dir, natsUrl: server.url, kraken, kalshi });
  } finally {
    await kraken.close();
    await kalshi.close();
    await server.stop();
  }
}

async function applied(dir: string, url: string): Promise<Record<string, string[]>> {
  const args = ["env", "apply", ENV, "--url", url, "--output", "json"];
  const { code, output } = await runSsmd(args, { cwd: dir });
  assert.equal(code, 0, output);
  return JSON.parse(/^\{$[\s\S]*^\}$/m.exec(output)?.[0] ?? "{}");
}

/** Adds the markets and takes them off again. Gives how long it took until all were on the bus, ms. */
async function changeRound(
  { dir, url }: { dir: string; url: string },
  bus: Bus,
  connector: Running,
): Promise<number> {
  for (const name of cameNames) bus.firstMs.delete(name);
  await writeSymbols(dir, STAYS + COMES);
  assert.equal((await applied(dir, url))["added"]?.length, COMES);
  const startMs = performance.now();
  await eventually(
    "records of all that came",
    () => Promise.resolve(cameNames.every((name) => bus.firstMs.has(name))),
  );
  const lastMs = Math.max(...cameNames.map((name) => bus.firstMs.get(name) ?? 0));
  await writeSymbols(dir, STAYS);
  const before = connector.lines.length;
  assert.equal((await applied(dir, url))["taken_off"]?.length, COMES);
  await connector.until(
    "the change",
    () => connector.lines.slice(before).some(({ takenOff }) => takenOff === COMES),
  );
  return Math.max(0, lastMs - startMs);
}

Deno.test({
  name:
    "on processes of their own a hundred markets come and go twice and a series rolls: no gap, no frame lost",
  ignore: !natsServerAvailable(),
  fn: () =>
    withServices(async ({ dir, natsUrl }) => {
      const transport = await openTransport({ type: "nats", url: natsUrl }, { env: ENV });
      const bus = new Bus();
      await transport.subscribe([`${ENV}.>`], ({ subject, payload }) => bus.take(subject, payload));
      const { keyId, privateKeyPem } = await demoKey();
      const env = kalshiKeys(keyId, privateKeyPem);
      const run = (service: "connector" | "archiver" | "gateway", ...args: string[]) =>
        new Running(["--env", ENV, ...args], { service, cwd: dir, env });
      await using archiver = run("archiver", "--metrics-port", "0");
      await using gateway = run("gateway", "--port", "0");
      const feed = (id: string) => run("connector", "--feed", id, "--metrics-port", "0");
      await using kraken = feed("kraken");
      await using kalshi = feed("kalshi");
      const { page } = await gateway.line("serving");
      await archiver.line("archiving");
      const url = String(page).replace(/\/$/, "");
      await eventually("all that stays", () =>
        Promise.resolve(
          Array.from({ length: STAYS }, (_, n) => nameOf(n)).every((name) => bus.firstMs.has(name)),
        ));
      const tookMs = [];
      for (let round = 0; round < 2; round++) {
        tookMs.push(Math.round(await changeRound({ dir, url }, bus, kraken)));
      }
      console.log(`100 markets were on the bus ${tookMs.join(" and ")} ms after they were applied`);
      await eventually("a market from before it opens until it is settled", () =>
        Promise.resolve(
          [...bus.lives.values()].some((steps) =>
            steps[0] === "activated" && steps.at(-1) === "settled"
          ),
        ));
      for (const service of [kraken, kalshi, archiver, gateway]) {
        assert.equal((await service.stop("SIGTERM")).code, 0, service.output);
      }
      await transport.close();
      // The venues share this process: one that gets no turn confirms, and sends ten seconds later.
      assert.deepEqual(bus.gaps.filter((gap) => !isOfLateVenue(gap)), []);
      const verified = await verify(`${dir}/data`);
      assert.equal(verified.code, 0, verified.output);
      // What a connection got is what it was sent, without a hole, up to where it was closed.
      const { frames } = await assertRawAgainstLedger(dir, ENV, ["kraken"]);
      assert.ok(frames > 1000);
    }),
});
