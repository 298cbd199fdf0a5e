import type { SignalRunState, SignalStatus, SignalSwitch } from "@ssmd/market";
import { type Logger, SsmdError, suggestion } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { z } from "zod";
import { canonicalJson } from "../engine/canonical_json.ts";
import { sha256Of } from "../engine/fire_id.ts";
import { BatchWriter } from "../host/frames.ts";
import type { Waiting } from "../engine/inspect.ts";
import type { Report } from "../engine/instance.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import type { BatchResult, Ready } from "../supervisor/answers.ts";
import { HostShards } from "../supervisor/host_shards.ts";
import type { Quarantine } from "../supervisor/supervisor.ts";
import { KeptFiles } from "./kept_files.ts";
import type { RebuiltState } from "./shadow_hosts.ts";
import { addItems, type StreamItem } from "./stream_item.ts";

/** A signal as its file and environment specify it. */
export interface WantedSignal extends HostedSignal {
  /** Whether the environment enables it. */
  enabled: boolean;
  /** Why its source may not run; absent = it may. */
  refusal?: SsmdError;
}

/** Options of {@linkcode SignalSet}. */
interface SignalSetOptions {
  env: string;
  shard: string;
  /** Number of hosts that split the markets. */
  hosts: number;
  storage: Storage;
  logger: Logger;
}

/** Result of a batch. */
interface SetAnswer extends BatchResult {
  /** Signals quarantined in this batch. */
  quarantined: readonly Quarantine[];
}

/** Persisted operator switches and quarantines. */
const KEPT = z.object({
  /** Operator's switch by signal id; overrides the environment. */
  enabled: z.record(z.string(), z.boolean()),
  /** By signal id: hash of the quarantined code; changed code is tried again. */
  quarantined: z.record(z.string(), z.object({ hash: z.string(), why: z.string() })),
});

const SWITCHES_MAX = 1_000;

/** Signals of an environment: which of them run, their hosts, and the switch history. */
export class SignalSet {
  #options: SignalSetOptions;
  #files: KeptFiles;
  #hosts: HostShards | undefined;
  #ready: Ready | undefined;
  #wanted: readonly WantedSignal[] = [];
  #kept: z.output<typeof KEPT> = { enabled: {}, quarantined: {} };
  #batch = new BatchWriter();
  #news: Quarantine[] = [];
  /** Instances that cannot fire yet, as last told. */
  #waiting: readonly Waiting[] = [];
  #figures = new Map<string, { fires: number; errors: number; lastUs: number }>();

  constructor(options: SignalSetOptions) {
    this.#options = options;
    this.#files = new KeptFiles(options);
  }

  /** Ids of the running signals. */
  get ids(): string[] {
    return this.#ready?.signals.map(({ id }) => id) ?? [];
  }

  /** Number of quarantined signals. */
  get quarantined(): number {
    return this.#wanted.filter((signal) => this.#stateOf(signal) === "quarantined").length;
  }

  /** Hash of the running signals. */
  get fingerprint(): string {
    return sha256Of(JSON.stringify(this.running()));
  }

  /** Longest warm-up of the running signals, µs. */
  get warmupUs(): number {
    return Math.max(0, ...this.#ready?.signals.map(({ warmupUs }) => warmupUs) ?? []);
  }

  /** Starts hosts from earlier states; throws for an unusable state. */
  async open(
    wanted: readonly WantedSignal[],
    { isCold, states }: { isCold: boolean; states: readonly Uint8Array[] },
  ): Promise<void> {
    await this.#hosts?.stop();
    this.#wanted = wanted;
    this.#kept = await this.#files.read("set", KEPT) ?? this.#kept;
    this.#hosts = new HostShards({
      ...{ signals: this.#running(), hosts: this.#options.hosts },
      ...{ dedupe: true, isCold, states },
      onQuarantine: (quarantine) => this.#news.push(quarantine),
    });
    this.#noteReady(await this.#hosts.start());
    await this.#noteQuarantined();
  }

  /** Evaluates the next items; `onTaken` is called when the hosts have them. */
  async take(items: readonly StreamItem[], onTaken?: () => void): Promise<SetAnswer> {
    addItems(this.#batch, items);
    const batch = this.#batch.finish(items.at(-1)?.sequence ?? 0);
    const result = await this.#open.send(batch, onTaken);
    this.#waiting = result.waiting ?? this.#waiting;
    for (const { signal, receivedAtUs } of result.fires) {
      const figures = this.#figuresOf(signal);
      figures.fires++;
      figures.lastUs = receivedAtUs;
    }
    this.#note(result.reports);
    return { ...result, quarantined: await this.#noteQuarantined() };
  }

  #note(reports: readonly Report[]): void {
    for (const { signal, kind, message, symbol } of reports) {
      this.#options.logger.warn("a signal reports", { signal, symbol, kind, message });
      if (kind === "error") this.#figuresOf(signal).errors++;
    }
  }

  /** Returns the state needed to resume after the last batch. */
  async state(): Promise<Uint8Array> {
    return (await this.#open.snapshot()).state;
  }

  /** Returns the signal of an id. Throws SsmdError `SIGNAL_UNKNOWN`. */
  signal(id: string): WantedSignal {
    const signal = this.#wanted.find((each) => each.id === id);
    if (signal !== undefined) return signal;
    throw new SsmdError("SIGNAL_UNKNOWN", `There is no signal "${id}" in this environment`, {
      hint: suggestion(id, this.#wanted.map((each) => each.id)),
    });
  }

  /** Those of signals that may run, and do not with this source and these parameters. */
  freshOf(signals: readonly WantedSignal[]): WantedSignal[] {
    return signals.filter((signal) =>
      this.#isWanted(signal) && !this.#isHarmful(signal) && !this.runs(signal)
    );
  }

  /** Whether a signal runs with this source and these parameters. */
  runs(signal: WantedSignal): boolean {
    const same = this.#wanted.find(({ id }) => id === signal.id);
    return this.ids.includes(signal.id) && same !== undefined && hashOf(same) === hashOf(signal);
  }

  /** Enables or disables a signal, persistently; an enabled one goes on with a rebuilt state. */
  async setEnabled(id: string, isEnabled: boolean, rebuilt: RebuiltState): Promise<void> {
    const quarantined = { ...this.#kept.quarantined };
    // Enabling it clears its quarantine: the operator has seen the reason.
    if (isEnabled) delete quarantined[id];
    this.#kept = { enabled: { ...this.#kept.enabled, [id]: isEnabled }, quarantined };
    await this.#files.write("set", this.#kept);
    await this.#replace(rebuilt);
  }

  /** Replaces the signals; unchanged ones keep their state, others get a rebuilt one. */
  async deploy(wanted: readonly WantedSignal[], rebuilt: RebuiltState): Promise<void> {
    this.#wanted = wanted;
    await this.#replace(rebuilt);
  }

  async #replace({ states, reports, quarantined }: RebuiltState): Promise<void> {
    this.#note(reports);
    this.#news.push(...quarantined);
    await this.#noteQuarantined();
    this.#noteReady(await this.#open.replace(this.#running(), { isCold: true, states }));
    await this.#noteQuarantined();
  }

  #noteReady(ready: Ready): void {
    const known = this.#ready?.failed ?? [];
    this.#ready = ready;
    for (const { id, message } of ready.failed) {
      if (known.some((each) => each.id === id && each.message === message)) continue;
      this.#options.logger.error("a signal cannot be loaded and does not run", {
        ...{ signal: id, reason: message },
      });
    }
  }

  /** Running signals in the form of a switch record. */
  running(): SignalSwitch["signals"] {
    return (this.#ready?.signals ?? []).map(({ id, version, sourceHash, paramsHash }) => ({
      ...{ id, version, source_hash: sourceHash, params_hash: paramsHash },
    }));
  }

  /** Status of every signal. */
  statuses(): SignalStatus[] {
    return this.#wanted.map((signal) => {
      const info = this.#ready?.signals.find(({ id }) => id === signal.id);
      const figures = this.#figures.get(signal.id);
      return {
        id: signal.id,
        title: info?.title ?? "",
        version: info?.version ?? 0,
        state: this.#stateOf(signal),
        why: this.#whyOf(signal),
        feeds: info?.feeds ?? [],
        symbols: info?.symbols ?? [],
        params: info?.params ?? signal.params,
        source_hash: signal.sourceHash,
        fires: figures?.fires ?? 0,
        errors: figures?.errors ?? 0,
        last_fire: figures === undefined || figures.lastUs === 0 ? null : figures.lastUs / 1000,
      };
    });
  }

  /** Appends a switch to the history. */
  async addSwitch(change: SignalSwitch): Promise<void> {
    const switches = [...await this.switches(), change].slice(-SWITCHES_MAX);
    await this.#files.write("history", switches);
  }

  /** Returns the kept switches, newest last. */
  async switches(): Promise<SignalSwitch[]> {
    return await this.#files.read("history", z.array(z.custom<SignalSwitch>())) ?? [];
  }

  /** Stops the hosts. */
  async close(): Promise<void> {
    await this.#hosts?.stop();
  }

  get #open(): HostShards {
    if (this.#hosts === undefined) {
      throw new SsmdError("SIGNALS_NOT_OPEN", "Signals are used before they are opened");
    }
    return this.#hosts;
  }

  #running(): WantedSignal[] {
    return this.#wanted.filter((signal) => this.#isWanted(signal) && !this.#isHarmful(signal));
  }

  #isWanted({ id, enabled }: WantedSignal): boolean {
    return this.#kept.enabled[id] ?? enabled;
  }

  #isHarmful(signal: WantedSignal): boolean {
    return this.#kept.quarantined[signal.id]?.hash === hashOf(signal);
  }

  #stateOf(signal: WantedSignal): SignalRunState {
    if (!this.#isWanted(signal)) return "disabled";
    if (this.#isHarmful(signal)) return "quarantined";
    return this.ids.includes(signal.id) ? "running" : "failed";
  }

  #whyOf(signal: WantedSignal): string {
    if (this.#isHarmful(signal)) return this.#kept.quarantined[signal.id]?.why ?? "";
    const failure = this.#ready?.failed.find(({ id }) => id === signal.id)?.message;
    if (failure !== undefined || this.#stateOf(signal) !== "running") return failure ?? "";
    return this.#waiting.filter((each) => each.signal === signal.id)
      .map(({ why, markets }) => `${markets} market${markets === 1 ? "" : "s"}: ${why}`)
      .join("; ");
  }

  async #noteQuarantined(): Promise<Quarantine[]> {
    const news = this.#news.splice(0);
    for (const { signal: id, reason: why } of news) {
      const signal = this.#wanted.find((each) => each.id === id);
      if (signal !== undefined) this.#kept.quarantined[id] = { hash: hashOf(signal), why };
    }
    if (news.length > 0) await this.#files.write("set", this.#kept);
    return news;
  }

  #figuresOf(signal: string) {
    let figures = this.#figures.get(signal);
    if (figures === undefined) {
      this.#figures.set(signal, figures = { fires: 0, errors: 0, lastUs: 0 });
    }
    return figures;
  }
}

/** Hashes everything that determines a signal's fires. */
function hashOf({ sourceHash, params }: HostedSignal): string {
  return sha256Of(`${sourceHash} ${canonicalJson(params)}`);
}
