/** A symbol that is quieter than it should be. */
interface SilentSymbol {
  symbol: string;
  silentMs: number;
  /** Its usual time between records. */
  usualMs: number;
  /** When its last record came, µs. */
  lastUs: number;
}

/** Options of {@linkcode StalenessMonitor}. */
interface StalenessMonitorOptions {
  /** Never called silent before this; default 60,000. */
  silentMsMin?: number;
  /** Silent after this many usual intervals; default 30. */
  usualIntervals?: number;
}

interface Rhythm {
  lastUs: number;
  usualUs: number;
  records: number;
  reported: boolean;
}

/** Weight of a new interval in the usual one. */
const WEIGHT = 0.05;
const RECORDS_MIN = 20;

/**
 * Notices symbols that fall silent against their own usual rate (an exponentially weighted mean of
 * the intervals): heartbeats go on while a single subscription has died.
 */
export class StalenessMonitor {
  #rhythms = new Map<string, Rhythm>();
  #silentUsMin: number;
  #usualIntervals: number;

  constructor(options: StalenessMonitorOptions = {}) {
    this.#silentUsMin = (options.silentMsMin ?? 60_000) * 1000;
    this.#usualIntervals = options.usualIntervals ?? 30;
  }

  /** A record of `symbol` came. */
  seen(symbol: string, atUs: number): void {
    const rhythm = this.#rhythms.get(symbol);
    if (!rhythm) {
      this.#rhythms.set(symbol, { lastUs: atUs, usualUs: 0, records: 1, reported: false });
      return;
    }
    const interval = atUs - rhythm.lastUs;
    rhythm.usualUs += rhythm.records === 1 ? interval : WEIGHT * (interval - rhythm.usualUs);
    rhythm.lastUs = atUs;
    rhythm.records++;
    rhythm.reported = false;
  }

  /** The connection was away: nobody is to be blamed for the time until `atUs`. */
  restart(atUs: number): void {
    for (const rhythm of this.#rhythms.values()) rhythm.lastUs = atUs;
  }

  /** Symbols that have fallen silent since they were last told. */
  newlySilent(nowUs: number): SilentSymbol[] {
    const silent: SilentSymbol[] = [];
    for (const [symbol, rhythm] of this.#rhythms) {
      const silentUs = nowUs - rhythm.lastUs;
      const limitUs = Math.max(this.#silentUsMin, rhythm.usualUs * this.#usualIntervals);
      if (rhythm.reported || rhythm.records < RECORDS_MIN || silentUs < limitUs) continue;
      rhythm.reported = true;
      const { lastUs } = rhythm;
      silent.push({
        ...{ symbol, silentMs: silentUs / 1000, usualMs: rhythm.usualUs / 1000, lastUs },
      });
    }
    return silent;
  }

  /** How many symbols are silent now. */
  get silentCount(): number {
    let count = 0;
    for (const rhythm of this.#rhythms.values()) if (rhythm.reported) count++;
    return count;
  }
}
