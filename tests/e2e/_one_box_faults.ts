import assert from "node:assert/strict";
import { demoKey, type Simulator, startSimulator } from "@ssmd/simulator";
import { type S3Server, startS3Server } from "../servers/s3_server.ts";
import { StuckClient } from "../servers/stuck_client.ts";
import { canMount, Tmpfs } from "../servers/tmpfs.ts";
import { eventually, Folder, RunningUp, runSsmd } from "./_process.ts";
import { kalshiKeys, writeRegistry } from "./_registry.ts";
import { SOAK_SIGNALS } from "./_soak_signals.ts";
import type { AlertFault } from "./_watch.ts";

const ENV = "watched";
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DISK_MB = 64;
const BUCKET = "archive";
/** Longer than between two looks at the clock. */
const NEXT_LOOK_MS = 40_000;
/** A signal that never ends. */
const LOOPS = `import { orderbook, signal } from "@ssmd/signal";
export default signal({
  title: "loops", version: 1, on: { feeds: ["kraken"], symbols: ["*"] },
  state: { book: orderbook() }, when: () => { for (;;) {} }, fire: () => ({}),
});`;
const POLICY = {
  ...{ name: "note-it", signals: ["leans"], actions: { note: { type: "log" } } },
  ...{ default: "note", per_hour: 20 },
};
const ETH = "ETH/USD";
const PAIRS = { BTCUSD: "BTC/USD", ETHUSD: ETH };
/** More than what one connection loses by chance, and than the alert bears. */
const DROPS = 8;

/** An `up` of three feeds, with its archive on an S3 server and its spool on a disk of its own. */
export class OneBox implements AsyncDisposable {
  /** How its drive can be broken. */
  readonly disk: Tmpfs | undefined;

  private constructor(
    readonly folder: string,
    readonly kraken: Simulator,
    readonly s3: S3Server,
    readonly up: RunningUp,
    private readonly stack: AsyncDisposableStack,
    disk: Tmpfs | undefined,
  ) {
    this.disk = disk;
  }

  /** Starts it with all faults that are there from the start. */
  static async start(): Promise<OneBox> {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(new Folder());
    const disk = canMount() ? stack.use(new Tmpfs(DISK_MB)) : undefined;
    const s3 = await startS3Server({ buckets: [BUCKET] });
    stack.defer(() => s3.stop());
    const venues = await startVenues();
    for (const venue of Object.values(venues)) stack.defer(() => venue.close());
    await writeProject(path, venues, s3);
    setClock(path, 0);
    const up = stack.use(
      new RunningUp(["--env", ENV, ...(disk === undefined ? [] : ["--data", disk.path])], {
        ...{ cwd: path, preload: new URL("_faulty_process.ts", import.meta.url).pathname },
        env: { ...await keysOf(s3), ...clockVariables(path) },
      }),
    );
    await up.url();
    return new OneBox(path, venues.kraken, s3, up, stack.move(), disk);
  }

  /** Moves the clocks of the process ahead, as if that time had passed. */
  passTime(ms: number): void {
    setClock(this.folder, ms);
  }

  /** Lets chrony say that the clock is off, and lets the process look at it. */
  async putClockOff(): Promise<void> {
    await setChrony(this.folder, -0.2);
    this.passTime(NEXT_LOOK_MS);
  }

  /** A client that subscribes to everything and reads nothing. */
  async connectStuckClient(): Promise<void> {
    const { port } = new URL(await this.up.url());
    this.stack.use(new StuckClient(port, "/v1/stream?symbols=BTCUSD,ETHUSD"));
  }

  /** Removes the oldest of several raw files: the day's list already has it. */
  async removeRawFile(): Promise<void> {
    const folder = `${this.s3.dir}/${BUCKET}/raw/${ENV}/kraken`;
    const [oldest = ""] = await eventually("two raw files", () => {
      const files = rawFilesBelow(folder);
      return Promise.resolve(files.length > 1 && files);
    });
    await Deno.remove(oldest);
  }

  /** Runs a command of this project; it has to end with `code`. */
  async run(args: readonly string[], code: number): Promise<void> {
    const data = this.disk === undefined ? [] : ["--data", this.disk.path];
    const ended = await runSsmd([...args, "--env", ENV, ...data], {
      ...{ cwd: this.folder, env: await keysOf(this.s3) },
    });
    assert.equal(ended.code, code, ended.output);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}

/** Kraken, a Kalshi that is connected and says nothing, and a Polymarket whose data is a minute late. */
async function startVenues() {
  const model = { type: "model", seed: 7, ratePerSecond: 200 } as const;
  const kraken = await startSimulator({ venue: "kraken", source: model });
  const kalshi = await startSimulator({ venue: "kalshi", source: { ...model, ratePerSecond: 1 } });
  kalshi.fault({ type: "silent", forMs: DAY_MS, heartbeats: false });
  const polymarket = await startSimulator({
    venue: "polymarket",
    source: { ...model, ratePerSecond: 20, startUs: (Date.now() - MINUTE_MS) * 1000 },
  });
  return { kraken, kalshi, polymarket };
}

async function writeProject(
  folder: string,
  venues: Record<"kraken" | "kalshi" | "polymarket", Simulator>,
  { endpoint }: S3Server,
): Promise<void> {
  const RAIN = "KXSIMRAIN-26DEC31-NYC";
  await writeRegistry(folder, {
    ...{ name: ENV, s3: { endpoint, bucket: BUCKET } },
    feeds: {
      kraken: { symbols: PAIRS, endpoint: venues.kraken.url },
      kalshi: { symbols: { [RAIN]: RAIN }, endpoint: venues.kalshi.url },
      polymarket: { symbols: { RAIN: "7".repeat(77) }, endpoint: venues.polymarket.url },
    },
  });
  const file = `${folder}/exchanges/environments/${ENV}.yaml`;
  const environment = JSON.parse(await Deno.readTextFile(file));
  const old = { type: "api_key", fields: ["id"], source: "env", rotation_days: 90 };
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      ...environment,
      keys: { ...environment.keys, old },
      signals: { leans: {}, loops: {} },
      agents: { policies: [POLICY.name] },
      gateway: { port: 8080, slow_clients: { buffer_bytes: 65_536, buffer_messages: 100 } },
      connects: { kraken: { burst: 1000, refill: "1ms" } },
    }),
  );
  await Deno.mkdir(`${folder}/signals`);
  await Deno.writeTextFile(`${folder}/signals/loops.ts`, LOOPS);
  await Deno.writeTextFile(`${folder}/signals/leans.ts`, SOAK_SIGNALS["leans"] ?? "");
  const policy = `${folder}/exchanges/policies/${POLICY.name}.yaml`;
  await Deno.writeTextFile(policy, JSON.stringify(POLICY));
  await Deno.mkdir(`${folder}/exchanges/rotation`);
  const rotatedAt = new Date(Date.now() - 100 * DAY_MS).toISOString();
  await Deno.writeTextFile(
    `${folder}/exchanges/rotation/${ENV}.yaml`,
    `old: { rotated_at: ${rotatedAt} }\n`,
  );
  await Deno.mkdir(`${folder}/bin`);
  await setChrony(folder, 0);
}

/** What chrony tells from now on: the clock is so far off. */
async function setChrony(folder: string, offsetSeconds: number): Promise<void> {
  const offset = offsetSeconds.toFixed(6);
  const answer = `C0A80001,192.168.0.1,3,1.0,${offset},${"0.0,".repeat(7)}8.0,Normal`;
  const file = `${folder}/bin/chronyc`;
  await Deno.writeTextFile(`${file}.new`, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  await Deno.rename(`${file}.new`, file);
}

async function keysOf({ credentials }: S3Server): Promise<Record<string, string>> {
  const { keyId, privateKeyPem } = await demoKey();
  return {
    ...kalshiKeys(keyId, privateKeyPem),
    SSMD_KEY_OLD_ID: "x",
    SSMD_KEY_ARCHIVE_ACCESS_KEY: credentials.access_key,
    SSMD_KEY_ARCHIVE_SECRET_KEY: credentials.secret_key,
  };
}

function clockVariables(folder: string): Record<string, string> {
  return {
    ...{ PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
    ...{ CLOCK_AHEAD_FILE: `${folder}/clock`, CLOCK_AHEAD_OF: "both" },
  };
}

function setClock(folder: string, aheadMs: number): void {
  Deno.writeTextFileSync(`${folder}/clock.new`, `${aheadMs}`);
  Deno.renameSync(`${folder}/clock.new`, `${folder}/clock`);
}

function rawFilesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return rawFilesBelow(path);
    return name.endsWith(".zst") ? [path] : [];
  }).sort();
}

async function dropOften({ kraken }: OneBox): Promise<void> {
  for (let i = 0; i < DROPS; i++) {
    const { accepted } = kraken.stats();
    kraken.fault({ type: "drop" });
    while (kraken.stats().accepted === accepted || kraken.stats().connections === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What can happen to a machine with all of ssmd in one process, in the order in which it does. */
export const ONE_BOX_FAULTS: readonly AlertFault<OneBox>[] = [
  { fault: "a venue that is connected and sends nothing", alerts: ["SsmdNoData"] },
  { fault: "a venue whose records are a minute old", alerts: ["SsmdVenueLag"] },
  { fault: "a key that is 100 of 90 days old", alerts: ["SsmdKeyExpires", "SsmdKeyExpired"] },
  { fault: "a signal that never ends", alerts: ["SsmdSignalQuarantined"] },
  {
    fault: "a connection that is cut",
    alerts: ["SsmdGap"],
    labels: 'feed="kraken"',
    make: ({ kraken }) => kraken.fault({ type: "drop" }),
  },
  {
    fault: "a frame that is no JSON",
    alerts: ["SsmdFramesUnreadable"],
    make: ({ kraken }) => kraken.fault({ type: "rubbish", what: "json" }),
  },
  {
    fault: "a client that does not read",
    alerts: ["SsmdSlowClients"],
    make: (box) => box.connectStuckClient(),
  },
  {
    fault: "a venue that refuses a market's trades",
    alerts: ["SsmdSubscriptionMissing"],
    labels: 'feed="kraken"',
    make: ({ kraken }) => {
      kraken.fault({ type: "refuse", symbol: ETH, kind: "trade" });
      kraken.fault({ type: "drop" });
    },
  },
  {
    fault: "a wrong book, and a venue that refuses a new one",
    alerts: ["SsmdBooksSuspect"],
    labels: 'feed="kraken"',
    make: ({ kraken }) => {
      kraken.fault({ type: "refuse", symbol: ETH, kind: "book" });
      kraken.fault({ type: "checksum", symbol: ETH, count: 1 });
    },
  },
  {
    fault: "a clock that chrony calls 0.2 s off",
    alerts: ["SsmdClockOff"],
    make: (box) => box.putClockOff(),
  },
  {
    fault: "a connection that is cut again and again",
    alerts: ["SsmdReconnects"],
    make: dropOften,
  },
  {
    fault: "an error that escapes all handlers",
    alerts: ["SsmdUncaughtErrors"],
    make: ({ up }) => Deno.kill(up.pid, "SIGUSR2"),
  },
  {
    fault: "storage that does not answer",
    alerts: ["SsmdStorageFails", "SsmdCircuitOpen"],
    make: ({ s3 }) => s3.kill(),
  },
  {
    fault: "a quarter of an hour without storage, and a spool over its limit",
    alerts: ["SsmdArchiverLate", "SsmdArchiveStale", "SsmdSpoolLost"],
    make: (box) => box.passTime(15 * MINUTE_MS),
    mend: ({ s3 }) => s3.restart(),
  },
  {
    fault: "a file of the archive that is gone",
    alerts: ["SsmdJobFails"],
    labels: 'workflow="verify"',
    make: async (box) => {
      await box.removeRawFile();
      await box.run(["job", "run", "verify"], 1);
    },
  },
  {
    fault: "a full disk",
    alerts: ["SsmdDiskLow", "SsmdDiskFull"],
    make: ({ disk }) => disk?.fill(),
    mend: ({ disk }) => disk?.free(),
    isPossible: canMount(),
  },
];

/** What ends the run. */
export const LAST_FAULT: AlertFault<OneBox> = {
  fault: "a venue that is away",
  alerts: ["SsmdDisconnected", "SsmdConnectFails"],
  labels: 'feed="kraken"',
  make: ({ kraken }) => kraken.close(),
};
