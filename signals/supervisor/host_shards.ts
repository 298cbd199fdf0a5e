import { joinedWaiting, type Waiting } from "../engine/inspect.ts";
import { CodecError } from "@ssmd/runtime/errors";
import { StateReader, StateWriter } from "../builders/state_bytes.ts";
import { compareFires } from "../engine/fire_id.ts";
import type { HostedSignal } from "../host/load_signal.ts";
import type { BatchResult, Ready } from "./answers.ts";
import { type Quarantine, Supervisor, type SupervisorOptions } from "./supervisor.ts";

/** Marks a state of several hosts; a single host's state never starts with it. */
const SEVERAL = -1;

interface HostShardsOptions extends Omit<SupervisorOptions, "shard" | "position" | "onSpent"> {
  /** Number of hosts that split the markets, from 1. */
  hosts: number;
}

/**
 * Hosts that split the markets by symbol; together they fire like one. Each gets all records, as
 * signals may follow other markets. Calls must not overlap.
 */
export class HostShards {
  readonly #shards: readonly Supervisor[];
  readonly #options: HostShardsOptions;
  #signals: readonly HostedSignal[];
  /** By host: instances that cannot fire yet, as last told. */
  #waiting: (readonly Waiting[])[] = [];
  #isCold: boolean;
  readonly #out = new Set<string>();
  #news: Quarantine[] = [];
  /** Answers to a batch that another host must still retry. */
  #answers: (BatchResult | undefined)[] = [];

  /** Creates stopped hosts. Throws CodecError for states of another number of hosts. */
  constructor(options: HostShardsOptions) {
    const { hosts: count, states = [], ...rest } = options;
    this.#options = options;
    this.#signals = options.signals;
    this.#isCold = options.isCold ?? false;
    const parts = states.map((state) => partsOf(state, count));
    this.#shards = Array.from({ length: count }, (_, index) =>
      new Supervisor({
        ...rest,
        states: parts.map((each) => each[index] as Uint8Array),
        shard: { index, count },
        onQuarantine: (quarantine) => this.#news.push(quarantine),
      }));
  }

  /** Starts all hosts. Throws SandboxFailure. */
  async start(): Promise<Ready> {
    const [ready] = await all(this.#shards.map((shard) => shard.start()));
    return await this.#takeOut() ?? ready as Ready;
  }

  /**
   * Evaluates a batch on all hosts; `onTaken` is called when all have it. After a failure, only
   * hosts without an answer repeat it.
   */
  async send(batch: Uint8Array, onTaken?: () => void): Promise<BatchResult> {
    let waiting = this.#shards.length;
    const taken = onTaken && (() => {
      if (--waiting === 0) onTaken();
    });
    await all(this.#shards.map(async (shard, i) => {
      this.#answers[i] ??= await shard.send(batch, taken);
    }));
    const answers = this.#answers.flatMap((answer) => answer ?? []);
    this.#answers = [];
    // Hosts tell it at their own times.
    this.#waiting = answers.map(({ waiting }, i) => waiting ?? this.#waiting[i] ?? []);
    await this.#takeOut();
    return { ...joined(answers), waiting: joinedWaiting(this.#waiting.flat()) };
  }

  /** Returns the state after the last batch. */
  async snapshot(): Promise<{ state: Uint8Array }> {
    const states = await all(this.#shards.map((shard) => shard.snapshot()));
    const [first] = states;
    if (states.length === 1 && first !== undefined) return first;
    const to = new StateWriter().number(SEVERAL).number(states.length);
    for (const { state } of states) to.bytes(state);
    return { state: to.finish() };
  }

  /** Replaces the signals after the last batch; see `Supervisor.replace`. */
  async replace(
    signals: readonly HostedSignal[],
    { states = [], isCold = false }: { states?: readonly Uint8Array[]; isCold?: boolean } = {},
  ): Promise<Ready> {
    const parts = states.map((state) => partsOf(state, this.#shards.length));
    this.#signals = signals;
    this.#isCold = isCold;
    this.#out.clear();
    this.#waiting = [];
    const [ready] = await all(
      this.#shards.map((shard, i) =>
        shard.replace(signals, { states: parts.map((each) => each[i] as Uint8Array), isCold })
      ),
    );
    return await this.#takeOut() ?? ready as Ready;
  }

  /** Stops the hosts. */
  async stop(): Promise<void> {
    await all(this.#shards.map((shard) => shard.stop()));
  }

  /** Removes signals quarantined in one host from all; undefined when nothing was replaced. */
  async #takeOut(): Promise<Ready | undefined> {
    let ready: Ready | undefined;
    while (this.#news.length > 0) {
      const news = this.#news.splice(0);
      for (const quarantine of news) {
        if (!this.#out.has(quarantine.signal)) this.#options.onQuarantine?.(quarantine);
        this.#out.add(quarantine.signal);
      }
      this.#signals = this.#signals.filter(({ id }) => !this.#out.has(id));
      if (this.#shards.length === 1) continue;
      const replaced = this.#shards.map((shard) =>
        shard.replace(this.#signals, { isCold: this.#isCold })
      );
      [ready] = await all(replaced);
    }
    return ready;
  }
}

/** Waits for all promises even if one rejects: no host may get a new request while busy. */
async function all<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}

function joined(answers: readonly BatchResult[]): BatchResult {
  const [first] = answers;
  if (answers.length === 1 && first !== undefined) return first;
  return {
    position: Math.max(...answers.map(({ position }) => position)),
    fires: answers.flatMap(({ fires }) => fires).sort(compareFires),
    reports: answers.flatMap(({ reports }) => reports),
    unreadable: Math.max(...answers.map(({ unreadable }) => unreadable)),
    costUs: Math.max(...answers.map(({ costUs }) => costUs)),
    rssBytes: Math.max(...answers.map(({ rssBytes }) => rssBytes)),
    heapBytes: Math.max(...answers.map(({ heapBytes }) => heapBytes)),
    instances: answers.reduce((sum, { instances }) => sum + instances, 0),
  };
}

/** Splits a state by host. Throws CodecError `STATE_HOSTS` for another number of hosts. */
function partsOf(state: Uint8Array, count: number): Uint8Array[] {
  const from = new StateReader(state);
  const written = from.number() === SEVERAL ? from.number() : 1;
  if (written !== count) {
    throw new CodecError("STATE_HOSTS", `The state is one of ${written} hosts, not of ${count}`, {
      hint: "Signals begin cold where the number of hosts is changed",
    });
  }
  return count === 1 ? [state] : Array.from({ length: count }, () => from.bytes().slice());
}
