import type { JsonRecord } from "@ssmd/journal";
import { type Logger, messageOf } from "@ssmd/runtime";
import { groupOf } from "./address_guard.ts";
import { withoutSecrets } from "./api_key.ts";
import { AUDIT_LIMITS } from "./limits.ts";

/** A denied access, without secrets. */
export interface DeniedAccess {
  /** Code of the error. */
  code: string;
  /** Client id if a key identified it; empty otherwise. */
  client: string;
  /** Id of the key if known; empty otherwise. */
  key: string;
  address: string;
  /** The requested route or symbol; never a query. */
  what: string;
}

interface Kind {
  record: JsonRecord;
  /** Denials after the one that was written. */
  more: number;
  untilMs: number;
}

/** Appends a record to the journal. */
export type AppendAudit = (record: JsonRecord) => Promise<unknown>;

/**
 * Writes denials into the journal without letting an attack fill memory or disk: the first of a
 * kind at once, later ones within the window as one count. Records never contain a secret.
 */
export class AccessAudit {
  #append: AppendAudit;
  #logger: Logger;
  #now: () => number;
  #kinds = new Map<string, Kind>();
  #failures = 0;

  constructor(append: AppendAudit, logger: Logger, now: () => number) {
    this.#append = append;
    this.#logger = logger;
    this.#now = now;
  }

  /** Adds a denied access. */
  add({ code, client, key, address, what }: DeniedAccess): void {
    const group = groupOf(address);
    let name = [code, client, key, group].join(" ");
    let known = this.#kinds.get(name);
    if (known === undefined && this.#kinds.size >= AUDIT_LIMITS.kindsMax) {
      known = this.#kinds.get(name = code);
    }
    if (known !== undefined) {
      known.more++;
      known.untilMs = this.#now();
      return;
    }
    const others = name === code;
    const record: JsonRecord = {
      code,
      ...(others ? { client: "", key: "", address: "many" } : { client, key, address: group }),
      what: withoutSecrets(what).slice(0, AUDIT_LIMITS.whatCharactersMax),
      at: isoOf(this.#now()),
    };
    this.#kinds.set(name, { record, more: 0, untilMs: 0 });
    this.#write({ ...record, count: 1 });
  }

  /** Ends the window: writes the counts. Called every `windowMs`, and on close. */
  endWindow(): void {
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const { record, more, untilMs } of kinds) {
      if (more > 0) this.#write({ ...record, count: more, until: isoOf(untilMs) });
    }
    if (this.#failures > 0) {
      this.#logger.warn("refusals are missing in the journal", { count: this.#failures });
    }
    this.#failures = 0;
  }

  #write(record: JsonRecord): void {
    this.#append(record).catch((error) => {
      if (this.#failures++ > 0) return;
      this.#logger.warn("a refusal could not be journaled", { error: messageOf(error) });
    });
  }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
