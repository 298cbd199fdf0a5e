import type { JsonRecord } from "@ssmd/journal";
import { silentLogger } from "@ssmd/runtime";
import type { Access, StreamGuest } from "../access.ts";
import type { ApiKey, ClientAccount } from "../account.ts";
import { hashSecret, newKey } from "../api_key.ts";
import type { AccountChange, ClientStore } from "../client_store.ts";
import type { Caller } from "../caller.ts";
import type { Gate, StreamVisit } from "../gate.ts";
import { keyGate } from "../key_gate.ts";
import { ACCESS_LIMITS } from "../limits.ts";
import type { MeterFeeds } from "../meter.ts";
import type { Refusal } from "../refusal.ts";
import { memoryClientStore } from "../store/memory.ts";
import { testClient, testKey } from "./accounts.ts";

/** A guest that keeps what it was told. */
export class TestGuest implements StreamGuest {
  readonly access: Access;
  readonly notices: Record<string, unknown>[] = [];
  refusal: Refusal | undefined;
  changes = 0;
  visit: StreamVisit | undefined;

  constructor(access: Access) {
    this.access = access;
  }

  onAccessChanged(): void {
    this.changes++;
  }

  onRefused(refusal: Refusal): void {
    this.refusal = refusal;
    this.visit?.leave(refusal.code);
  }

  onNotice(notice: Record<string, unknown>): void {
    this.notices.push(notice);
  }
}

/** A gate that asks for keys, with a clock that stands still and timers that a test sets off. */
export interface KeyGateRig {
  gate: Gate;
  store: ClientStore;
  clock: { ms: number };
  meterFeeds: MeterFeeds;
  /** Records of the journal. */
  journal: JsonRecord[];
  /** Waits that were asked for, ms. */
  waits: number[];
  change(...changes: AccountChange[]): Promise<void>;
  /** A new key of a client, with the text that it shows. */
  key(client: string, more?: Partial<ApiKey>): Promise<{ text: string; key: ApiKey }>;
  /** Lets time pass: each timer that is due runs once, in order. */
  pass(ms: number): Promise<void>;
  /** A guest that was let in. */
  enter(text: string): Promise<TestGuest>;
  /** Whether a caller is let in: its client, or the code of the refusal. */
  tried(caller: Partial<Caller> | string, wanted?: Parameters<Gate["admit"]>[1]): Promise<string>;
}

/** Starts at noon of a day in UTC. */
export const NOON_MS: number = Date.parse("2026-03-01T12:00:00Z");

/** A caller with a key. */
export function callerWith(text: string, more: Partial<Caller> = {}): Caller {
  return {
    headers: text === "" ? {} : { authorization: `Bearer ${text}` },
    query: new URLSearchParams(),
    method: "GET",
    address: "192.0.2.1",
    what: "/v1/markets",
    ...more,
  };
}

/** Runs a test with a gate over a memory store that has the client `desk`. */
export async function withKeyGate(
  test: (rig: KeyGateRig) => Promise<void>,
  account: Partial<ClientAccount> = {},
  store: ClientStore = memoryClientStore(),
): Promise<void> {
  const clock = { ms: NOON_MS };
  const timers: { ms: number; body: () => void }[] = [];
  const journal: JsonRecord[] = [];
  const waits: number[] = [];
  const change = async (...changes: AccountChange[]) => {
    await store.apply(await store.revision(), changes);
  };
  await change({ put: "client", client: testClient("desk", account) });
  const gate = await keyGate({
    ...{ store, logger: silentLogger, requestsPerSecondMax: 100 },
    audit: (record) => Promise.resolve(journal.push(record)),
    now: () => clock.ms,
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    every: (ms, body) => {
      timers.push({ ms, body });
      return () => {};
    },
  });
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
  const pass = async (ms: number) => {
    clock.ms += ms;
    for (const { ms: period, body } of timers) {
      if (period > Math.max(ms, ACCESS_LIMITS.pollMs)) continue;
      body();
      await settle();
    }
  };
  const rig: KeyGateRig = {
    ...{ gate, store, clock, meterFeeds: gate.meterFeeds, journal, waits, change, pass },
    key: async (client, more = {}) => {
      const made = newKey();
      const key = testKey(made.id, client, { hash: hashSecret(made), ...more });
      await change({ put: "key", key });
      await pass(0);
      return { text: made.text, key };
    },
    enter: async (text) => {
      const caller = callerWith(text);
      const guest = new TestGuest(await gate.admit(caller));
      guest.visit = gate.enter(guest, caller);
      return guest;
    },
    tried: async (caller, wanted) => {
      const full = typeof caller === "string" ? callerWith(caller) : callerWith("", caller);
      return await gate.admit(full, wanted).then(
        (access) => access.client || access.role,
        (refusal: Refusal) => refusal.code,
      );
    },
  };
  try {
    await test(rig);
  } finally {
    await gate.close();
  }
}
