import { countText, durationText, isoOfMs } from "../format.ts";
import { KEYS_TEXT, type SeekSpan } from "./keys.ts";
import type { ReplayPlayer } from "@ssmd/dataset/replay";

const SHOWN_EVERY_MS = 200;

/** Shows replay position and time left on a terminal; the returned function stops it. */
export function showProgress(
  player: ReplayPlayer,
  span: SeekSpan,
  { speed, write }: { speed: number | "max"; write: (text: string) => void },
): () => void {
  const startMs = performance.now();
  const timer = setInterval(() => {
    const line = progressLine(player, span, { speed, elapsedMs: performance.now() - startMs });
    write(`\r\x1b[K${line}`);
  }, SHOWN_EVERY_MS);
  return () => {
    clearInterval(timer);
    write("\r\x1b[K");
  };
}

/** `2026-08-01T02:54:10Z  43 %  10×  12345 records  3m 10s left` */
export function progressLine(
  player: ReplayPlayer,
  { fromUs, toUs }: SeekSpan,
  { speed, elapsedMs }: { speed: number | "max"; elapsedMs: number },
): string {
  const { nowUs, played, isPaused } = player;
  if (nowUs === 0) return "reading";
  const share = Math.min(1, Math.max(0, (nowUs - fromUs) / Math.max(1, toUs - fromUs)));
  const leftMs = speed === "max"
    ? share === 0 ? NaN : elapsedMs * (1 - share) / share
    : Math.max(0, toUs - nowUs) / 1000 / speed;
  const left = Number.isNaN(leftMs) ? "" : `  ${durationText(leftMs)} left`;
  const pace = isPaused ? "paused" : speed === "max" ? "max" : `${speed}×`;
  const keys = speed === "max" ? "" : `  ${KEYS_TEXT}`;
  const time = isoOfMs(Math.floor(nowUs / 1000));
  return `${time}  ${Math.floor(share * 100)} %  ${pace}  ${
    countText(played, "record")
  }${left}${keys}`;
}
