import { toJson } from "@ssmd/codec";
import type { BacktestStep } from "@ssmd/signals";
import { isoOfUs } from "@ssmd/runtime";

/** Record fields that each line shows separately. */
const SHOWN_APART: ReadonlySet<string> = new Set([
  ...["type", "feed", "symbol", "received_at_ns", "timestamp_ns", "sequence", "run", "connection"],
]);
const CHARS_MAX = 400;

/** Steps through records: Enter shows the next, a number skips that many, q ends. */
export class Stepper {
  readonly #write: (text: string) => void;
  readonly #lines: AsyncIterator<string>;
  #skip = 0;

  /** Writes with `write` and reads answers from `lines`. */
  constructor(write: (text: string) => void, lines: AsyncIterable<string>) {
    this.#write = write;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Shows a step and waits for an answer; false = quit. A fire ends a skip. */
  async show(step: BacktestStep): Promise<boolean> {
    if (this.#skip > 0 && step.fires.length === 0) {
      this.#skip--;
      return true;
    }
    this.#write(textOf(step));
    const { value, done } = await this.#lines.next();
    const answer = String(value ?? "").trim();
    if (done === true || answer === "q") return false;
    this.#skip = /^\d+$/.test(answer) ? Number(answer) : 0;
    return true;
  }
}

function textOf({ record, fires, instances }: BacktestStep): string {
  const fields = Object.entries(toJson(record)).filter(([name]) => !SHOWN_APART.has(name));
  const { receivedAtUs, feed, symbol, type } = record;
  const lines = [
    `${isoOfUs(receivedAtUs)} ${feed} ${symbol} ${type} ${
      JSON.stringify(Object.fromEntries(fields))
    }`,
    ...instances.map(({ signal, isReady, condition, state }) =>
      `  ${signal}: ${isReady ? `condition ${condition ?? "not asked"}` : "not ready"} ` +
      JSON.stringify(state)
    ),
  ].map((line) => line.length > CHARS_MAX ? `${line.slice(0, CHARS_MAX - 1)}…` : line);
  const fired = fires.map(({ signal, values }) => `  FIRE ${signal} ${values}`);
  return [...lines, ...fired].join("\n") + "\n";
}
