const DASH = 45;

/**
 * Parses message ids `{run}-{frame}-{index}` into its fields without allocations, when `read`
 * returns true. The run's string is reused between ids.
 */
export class IdReader {
  run = "";
  frame = 0;
  index = 0;

  /** Parses `id`; returns false when it is no position. */
  read(id: string): boolean {
    const dash = this.#readRun(id);
    if (dash <= 0) return false;
    let number = 0;
    let digits = 0;
    let frame = -1;
    for (let i = dash + 1; i < id.length; i++) {
      const code = id.charCodeAt(i);
      if (code === DASH && frame < 0 && digits > 0) {
        frame = number;
        number = digits = 0;
        continue;
      }
      const digit = code - 48;
      if (digit < 0 || digit > 9 || ++digits > 15) return false;
      number = number * 10 + digit;
    }
    this.frame = frame;
    this.index = number;
    return frame >= 0 && digits > 0;
  }

  #readRun(id: string): number {
    const { run } = this;
    if (run !== "" && id.charCodeAt(run.length) === DASH && id.startsWith(run)) return run.length;
    const dash = id.indexOf("-");
    if (dash > 0) this.run = id.slice(0, dash);
    return dash;
  }
}
