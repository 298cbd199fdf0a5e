import type { ReplayPlayer } from "@ssmd/dataset/replay";

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;

/** What a key does, as it is shown beside the progress. */
export const KEYS_TEXT = "space pause  ←→ 10 s  ↑↓ 1 min  q quit";

/** The span within which one can seek, µs. */
export interface SeekSpan {
  fromUs: number;
  toUs: number;
}

/** Seconds to go by an arrow, as terminals send it. */
const JUMPS_US: Readonly<Record<string, number>> = {
  "\x1b[C": 10 * SECOND_US,
  "\x1b[D": -10 * SECOND_US,
  "\x1b[A": MINUTE_US,
  "\x1b[B": -MINUTE_US,
};

/** Does what was typed: pause, seek, quit; other keys do nothing. */
export function pressed(text: string, player: ReplayPlayer, span: SeekSpan): void {
  // deno-lint-ignore no-control-regex -- arrows begin with a control character
  for (const [key] of text.matchAll(/\x1b\[[A-D]|[\s\S]/g)) {
    const jumpUs = JUMPS_US[key];
    if (key === "q" || key === "\x03") player.stop();
    else if (key === " ") player.togglePause();
    else if (jumpUs !== undefined && player.nowUs > 0) {
      const toUs = Math.round(player.nowUs + jumpUs);
      player.seek(Math.max(span.fromUs, Math.min(span.toUs, toUs)));
    }
  }
}

/** Reads keys one by one; what it returns ends that, and the terminal is as it was. */
export function readKeys(onKeys: (text: string) => void): () => void {
  Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  const restore = () => Deno.stdin.setRaw(false);
  globalThis.addEventListener("unload", restore);
  const reader = Deno.stdin.readable.getReader();
  const decoder = new TextDecoder();
  const reading = async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      onKeys(decoder.decode(next.value, { stream: true }));
    }
  };
  // A terminal that went away is no keyboard any more.
  reading().catch(() => {});
  return () => {
    globalThis.removeEventListener("unload", restore);
    restore();
    // A read that waits would keep the process alive.
    reader.cancel().catch(() => {});
  };
}
