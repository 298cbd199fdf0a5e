/** The server's side of gateway_bench.ts: answers the lines of the bench, and publishes at a rate. @module */
import { nowUs } from "@ssmd/runtime";
import { cpuSecondsOf } from "./watched.ts";

const STEP_MS = 2;

/** A server under load. */
interface LoadedServer {
  port: number;
  /** Its process: of it memory and processor time are told. */
  pid: number;
  /** Publishes trades with these numbers, [from, to). */
  publish(from: number, to: number): unknown;
  /** Clients that are slow now. */
  slow?: () => number;
}

/** Resident memory of a process, bytes. */
function residentBytes(pid: number): number {
  const [, kB = "0"] = /VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return Number(kB) * 1024;
}

/** Takes `rss`, `clock` and `run <rate> <seconds>` as lines, answers each with one line of JSON. */
export async function answerBench({ port, pid, publish, slow }: LoadedServer): Promise<void> {
  let published = 0;
  /** Publishes at the rate, however late the timer comes; the share of a core it took, in percent. */
  const run = async (rate: number, seconds: number) => {
    const started = performance.now();
    const cpuBefore = cpuSecondsOf(pid);
    for (let sent = 0; sent < rate * seconds;) {
      const elapsedMs = performance.now() - started;
      const due = Math.min(rate * seconds, Math.floor(elapsedMs / 1000 * rate));
      if (due > sent) await publish(published, published += due - sent);
      sent = due;
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    const elapsed = (performance.now() - started) / 1000;
    const cpu = (cpuSecondsOf(pid) - cpuBefore) / elapsed * 100;
    return { cpu, rss: residentBytes(pid), slow: slow?.() ?? 0 };
  };
  console.log(JSON.stringify({ port }));
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [command = "", rate = "0", seconds = "0"] = line.trim().split(" ");
    if (command === "run") console.log(JSON.stringify(await run(Number(rate), Number(seconds))));
    else if (command === "clock") console.log(JSON.stringify(nowUs() / 1000));
    else if (command === "rss") console.log(JSON.stringify({ rss: residentBytes(pid) }));
    else break;
  }
}
