/** A symbol that is silent against its usual rate. */
interface SilentSymbol {
  symbol: string;
  silentMs: number;
  /** Usual interval between records. */
  usualMs: number;
  /** Time of its last record, µs. */
  lastUs: number;
}

interface Rhythm {
  lastUs: number;
  usualUs: number;
  records: number;
  reported: boolean;
}

/** Weight of a new interval in the moving average. */
const WEIGHT = 0.05;
const RECORDS_MIN = 20;
/** Shortest silence that is reported. */
const SILENT_US_MIN = 60_000_000;
/** Usual intervals without a record that count as silence. */
const USUAL_INTERVALS = 30;

/**
 * Detects symbols that fall silent against their own usual rate (exponentially weighted mean of
 * intervals), as heartbeats continue when a single subscription has died.
 */
export class StalenessMonitor {
  #rhythms = new Map<string, Rhythm>();

  /** Notes a record of `symbol`. */
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

  /** Restarts all intervals at `atUs`, after the connection was away. */
  restart(atUs: number): void {
    for (const rhythm of this.#rhythms.values()) rhythm.lastUs = atUs;
  }

  /** Returns symbols that have fallen silent since the last call. */
  newlySilent(nowUs: number): SilentSymbol[] {
    const silent: SilentSymbol[] = [];
    for (const [symbol, rhythm] of this.#rhythms) {
      const silentUs = nowUs - rhythm.lastUs;
      const limitUs = Math.max(SILENT_US_MIN, rhythm.usualUs * USUAL_INTERVALS);
      if (rhythm.reported || rhythm.records < RECORDS_MIN || silentUs < limitUs) continue;
      rhythm.reported = true;
      const { lastUs } = rhythm;
      silent.push({
        ...{ symbol, silentMs: silentUs / 1000, usualMs: rhythm.usualUs / 1000, lastUs },
      });
    }
    return silent;
  }

  /** Number of silent symbols. */
  get silentCount(): number {
    let count = 0;
    for (const rhythm of this.#rhythms.values()) if (rhythm.reported) count++;
    return count;
  }
}
