import { type Logger, messageOf } from "@ssmd/runtime";
import { type Access, mayActAs, publicAccess, type Role, type StreamGuest } from "./access.ts";
import { AccessAudit, type AppendAudit } from "./access_audit.ts";
import type { ApiKey } from "./account.ts";
import { randomLetters } from "./api_key.ts";
import type { ClientStore } from "./client_store.ts";
import type { Caller } from "./caller.ts";
import type { Gate, StreamVisit } from "./gate.ts";
import { KeyAccess } from "./key_access.ts";
import { KeyCheck } from "./key_check.ts";
import { badKey, dayOf, type Guest, keyRefusal, type KnownClient } from "./known_client.ts";
import { KnownClients } from "./known_clients.ts";
import { ACCESS_LIMITS, AUDIT_LIMITS } from "./limits.ts";
import { MeterFeeds } from "./meter.ts";
import { Refusal } from "./refusal.ts";
import { SignIns } from "./sign_ins.ts";
import { UsageLog } from "./usage_log.ts";

/** What a gate that asks for keys is made of. */
export interface KeyGateOptions {
  /** Closed with the gate. */
  store: ClientStore;
  /** Appends to the journal. */
  audit: AppendAudit;
  logger: Logger;
  /** Requests a second of a client that has no rate of its own. */
  requestsPerSecondMax: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
  /** Waits; default setTimeout. */
  wait?: (ms: number) => Promise<void>;
  /** Calls again and again until what it returns is called; default setInterval. */
  every?: (ms: number, body: () => void) => () => void;
}

/** Opens a gate that asks for keys. Rejects as the store does. */
export async function keyGate(options: KeyGateOptions): Promise<Gate> {
  const gate = new KeyGate(options);
  await gate.start();
  return gate;
}

class KeyGate implements Gate {
  readonly mode = "required";
  readonly meterFeeds: MeterFeeds = new MeterFeeds();
  #options: KeyGateOptions;
  #now: () => number;
  #run = randomLetters(12);
  #sessions = 0;
  #audit: AccessAudit;
  #clients: KnownClients;
  #signIns: SignIns;
  #check: KeyCheck;
  #usage: UsageLog;
  #stops: (() => void)[] = [];
  #refreshing: Promise<void> | undefined;
  #storeAway = false;

  constructor(options: KeyGateOptions) {
    const { store, audit, logger, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#audit = new AccessAudit(audit, logger, now);
    this.#signIns = new SignIns(now);
    this.#usage = new UsageLog(store, this.#run, logger, now);
    this.#clients = new KnownClients(store, now, {
      refused: ({ guest, key }, refusal) => {
        this.#note(refusal, { client: guest.access.client, key, address: "", what: "stream" });
        guest.onRefused(refusal);
      },
      changed: ({ guest }) => guest.onAccessChanged(),
    });
    const { wait = (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = options;
    this.#check = new KeyCheck({
      ...{ clients: this.#clients, signIns: this.#signIns, audit: this.#audit, now, wait },
    });
  }

  async start(): Promise<void> {
    await this.#endLost();
    await this.#clients.refresh();
    await this.#usage.flush();
    const { every = repeated } = this.#options;
    this.#stops = [
      every(ACCESS_LIMITS.pollMs, () => this.#refresh()),
      every(ACCESS_LIMITS.meterMs, () => this.#meterAll()),
      every(ACCESS_LIMITS.flushMs, () => void this.#usage.flush()),
      every(AUDIT_LIMITS.windowMs, () => this.#audit.endWindow()),
      every(ACCESS_LIMITS.runLostMs, () => void this.#tidy(() => this.#endLost())),
      every(ACCESS_LIMITS.pruneMs, () => void this.#tidy(() => this.#prune())),
    ];
  }

  async admit(caller: Caller, wanted: Role = "client"): Promise<Access> {
    const key = await this.#check.keyOf(caller, wanted);
    return key === undefined ? publicAccess() : this.#accessOf(key, caller, wanted);
  }

  enter(guest: StreamGuest, caller: Caller): StreamVisit {
    const { access } = guest;
    if (!(access instanceof KeyAccess)) throw badKey();
    const { known, key } = access;
    const nowMs = this.#now();
    const refusal = keyRefusal(this.#clients.key(key.id) ?? key, known, nowMs) ??
      known.streamRefusal(nowMs);
    if (refusal !== undefined) throw this.#check.noted(refusal, caller, key);
    const session = {
      ...{ id: `${this.#run}-${++this.#sessions}`, run: this.#run, client: known.account.id },
      ...{
        key: key.id,
        address: caller.address,
        startedAtMs: nowMs,
        endedAtMs: null,
        reason: null,
      },
    };
    const entry: Guest = { guest, key: key.id, session, told: 0 };
    known.guests.add(entry);
    this.#clients.watch(entry, known);
    this.#usage.session(session);
    return { leave: (reason) => this.#leave(known, entry, reason) };
  }

  newTicket(access: Access): string {
    if (!(access instanceof KeyAccess)) throw badKey();
    const ticket = this.#signIns.newTicket(access.key.id);
    if (ticket !== undefined) return ticket;
    throw new Refusal(429, "TICKETS_WAITING", "too many tickets wait to be used", {
      hint: "use those that were given, or wait half a minute",
      retryAfterS: Math.ceil(ACCESS_LIMITS.ticketMs / 1000),
    });
  }

  signIn(access: Access): string {
    if (!(access instanceof KeyAccess)) throw badKey();
    return this.#signIns.signIn(access.key.id);
  }

  signOut(token: string): void {
    this.#signIns.signOut(token);
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#refreshing;
    this.#meterAll();
    for (const known of this.#clients.all()) {
      for (const guest of [...known.guests]) this.#leave(known, guest, "the gateway stops");
    }
    await this.#usage.flush(true);
    this.#audit.endWindow();
    await this.#options.store.close();
  }

  #accessOf(key: ApiKey, caller: Caller, wanted: Role): Access {
    const known = this.#clients.clientOf(key);
    const refusal = keyRefusal(key, known, this.#now());
    if (refusal !== undefined || known === undefined) {
      throw this.#check.noted(refusal ?? badKey(), caller, key);
    }
    if (!mayActAs(known.account.role, wanted)) {
      const { id, role } = known.account;
      const needed = new Refusal(403, "ROLE_MISSING", `this needs the role ${wanted}`, {
        hint: `client ${id} has the role ${role}; ssmd client update ${id} --role ${wanted}`,
      });
      throw this.#check.noted(needed, caller, key);
    }
    const access = this.#newAccess(known, key, caller);
    const tooMuch = access.spend();
    if (tooMuch !== undefined) throw tooMuch;
    this.#usage.keyUsed(key.id);
    return access;
  }

  #newAccess(known: KnownClient, key: ApiKey, { address }: Caller): KeyAccess {
    const spend = () => {
      const refusal = known.spend(this.#now(), this.#options.requestsPerSecondMax);
      if (refusal === undefined) return undefined;
      this.#note(refusal, { client: known.account.id, key: key.id, address, what: "requests" });
      return refusal;
    };
    const denied = (what: string) =>
      this.#audit.refused({
        ...{ code: "NOT_ENTITLED", client: known.account.id, key: key.id, address, what },
      });
    return new KeyAccess(known, key, { now: this.#now, spend, denied });
  }

  #leave(known: KnownClient, guest: Guest, reason: string): void {
    if (!known.guests.delete(guest)) return;
    this.#usage.session({ ...guest.session, endedAtMs: this.#now(), reason });
  }

  #meterAll(): void {
    const nowMs = this.#now();
    const day = dayOf(nowMs);
    for (const known of this.#clients.all()) {
      const client = known.account.id;
      known.takeDelivered(nowMs, this.meterFeeds, (feed, type, messages) => {
        this.#usage.add({ day, client, feed, type, messages });
      });
      if (known.guests.size === 0) continue;
      const refusal = known.quotaRefusal(nowMs);
      if (refusal === undefined) continue;
      for (const { guest, key } of [...known.guests]) {
        this.#note(refusal, { client, key, address: "", what: "stream" });
        guest.onRefused(refusal);
      }
    }
  }

  #refresh(): void {
    this.#refreshing ??= this.#refreshNow().finally(() => this.#refreshing = undefined);
  }

  async #refreshNow(): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#clients.refresh();
      await this.#clients.syncUsage();
      if (this.#storeAway) logger.info("the store of clients is back");
      this.#storeAway = false;
    } catch (error) {
      if (!this.#storeAway) {
        const what = "the store of clients cannot be read; what was known goes on to hold";
        logger.error(what, { error: messageOf(error) });
      }
      this.#storeAway = true;
    }
  }

  /** Does what may as well be done later. */
  async #tidy(body: () => Promise<unknown>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.#options.logger.warn("old sessions and usage stay for now", { error: messageOf(error) });
    }
  }

  #endLost(): Promise<number> {
    return this.#options.store.endLostSessions(this.#now() - ACCESS_LIMITS.runLostMs);
  }

  #prune(): Promise<number> {
    const nowMs = this.#now();
    return this.#options.store.prune({
      sessionsMs: nowMs - ACCESS_LIMITS.sessionsKeptMs,
      usageDay: dayOf(nowMs - ACCESS_LIMITS.usageKeptMs),
    });
  }

  #note(
    { code }: Refusal,
    who: { client: string; key: string; address: string; what: string },
  ): void {
    this.#audit.refused({ code, ...who });
  }
}

function repeated(ms: number, body: () => void): () => void {
  const timer = setInterval(body, ms);
  return () => clearInterval(timer);
}
