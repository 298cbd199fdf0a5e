import type { ReplayPlayer } from "@ssmd/dataset/replay";

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;

/** Key help shown next to the progress. */
export const KEYS_TEXT = "space pause  ←→ 10 s  ↑↓ 1 min  q quit";

/** Seek range, µs. */
export interface SeekSpan {
  fromUs: number;
  toUs: number;
}

/** Seek distance by arrow key escape sequence, µs. */
const JUMPS_US: Readonly<Record<string, number>> = {
  "\x1b[C": 10 * SECOND_US,
  "\x1b[D": -10 * SECOND_US,
  "\x1b[A": MINUTE_US,
  "\x1b[B": -MINUTE_US,
};

/** Handles typed keys: pause, seek, quit; others are ignored. */
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

/** Reads keys in raw mode. The returned function stops reading and restores the terminal. */
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
  // A closed terminal sends no keys.
  reading().catch(() => {});
  return () => {
    globalThis.removeEventListener("unload", restore);
    restore();
    // A pending read would keep the process alive.
    reader.cancel().catch(() => {});
  };
}
