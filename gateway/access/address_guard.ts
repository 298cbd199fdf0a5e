import { GUARD_LIMITS } from "./limits.ts";
import { AccessDenied } from "./access_denied.ts";

interface Suspect {
  badKeys: number;
  lastMs: number;
  blockedUntilMs: number;
}

/**
 * Tracks bad keys by address: answers to them are delayed, then further bad ones of the address are
 * refused for a while. A good key is always accepted: secrets are too long to be guessed, and
 * clients that share an address must not lock each other out. A good key does not reset the count,
 * otherwise a guesser would need just one of its own.
 */
export class AddressGuard {
  /** Ordered by their last bad key, the oldest first. */
  #suspects = new Map<string, Suspect>();
  #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Number of tracked addresses. */
  get size(): number {
    return this.#suspects.size;
  }

  /** Returns the error of a blocked address; undefined = not blocked. */
  checkBlocked(address: string): AccessDenied | undefined {
    const until = this.#suspects.get(groupOf(address))?.blockedUntilMs ?? 0;
    const leftMs = until - this.#now();
    if (leftMs <= 0) return undefined;
    const retryAfterS = Math.ceil(leftMs / 1000);
    return new AccessDenied("ADDRESS_BLOCKED", "Too many bad keys came from this address", {
      status: 429,
      hint: `Wait ${retryAfterS} seconds; check the key that is sent meanwhile`,
      retryAfterS,
    });
  }

  /** Counts a bad key; returns the delay of its answer, ms, and whether the address is blocked. */
  addBadKey(address: string): { waitMs: number; blocked: boolean } {
    const nowMs = this.#now();
    const group = groupOf(address);
    const known = this.#suspects.get(group);
    const fresh = known === undefined || nowMs - known.lastMs > GUARD_LIMITS.forgetMs;
    const badKeys = fresh ? 1 : known.badKeys + 1;
    const blocked = badKeys >= GUARD_LIMITS.badKeysMax;
    this.#suspects.delete(group);
    this.#suspects.set(group, {
      // After a block the count starts at 0.
      badKeys: blocked ? 0 : badKeys,
      lastMs: nowMs,
      blockedUntilMs: blocked ? nowMs + GUARD_LIMITS.blockedMs : known?.blockedUntilMs ?? 0,
    });
    this.#forget(nowMs);
    return { waitMs: blocked ? 0 : waitOf(badKeys), blocked };
  }

  #forget(nowMs: number): void {
    for (const [group, { lastMs, blockedUntilMs }] of this.#suspects) {
      const over = nowMs - lastMs > GUARD_LIMITS.forgetMs && blockedUntilMs <= nowMs;
      if (!over && this.#suspects.size <= GUARD_LIMITS.addressesMax) return;
      this.#suspects.delete(group);
    }
  }
}

function waitOf(badKeys: number): number {
  const { promptMax, slowMsFirst, slowMsMax } = GUARD_LIMITS;
  if (badKeys <= promptMax) return 0;
  return Math.min(slowMsMax, slowMsFirst * 2 ** (badKeys - promptMax - 1));
}

/** Returns the group of an address: IPv4 as it is, the /64 network of IPv6. */
export function groupOf(address: string): string {
  const plain = address.toLowerCase().replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!plain.includes(":")) return plain;
  const [before = "", after] = plain.split("::");
  const head = before.split(":").filter((part) => part !== "");
  const tail = (after ?? "").split(":").filter((part) => part !== "");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const parts = [...head, ...Array<string>(zeros).fill("0"), ...tail].slice(0, 4);
  return `${parts.map((part) => part.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
