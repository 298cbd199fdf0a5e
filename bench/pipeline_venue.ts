/**
 * The venue of pipeline_bench.ts, in a process of its own: the simulator, which notes when it sends a
 * trade for the first time. Takes `frames` and `stamps` as lines, answers each with one line of JSON.
 * Arguments: events a second, or `max` and how many.
 * @module
 */
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { startSimulator } from "@ssmd/simulator";
import { MARKETS, systemUs, tradeKeys } from "./pipeline_processes.ts";

const [pace = "5000", events] = Deno.args;

/** First sending of each trade, µs. */
const sent = new Map<string, number>();
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (this: WebSocket, data: unknown, ...rest: unknown[]) {
  if (typeof data === "string") {
    for (const key of tradeKeys(data)) if (!sent.has(key)) sent.set(key, systemUs());
  }
  return Reflect.apply(send, this, [data, ...rest]);
};

const simulator = await startSimulator({
  venue: "kraken",
  source: {
    type: "model",
    seed: 1,
    symbols: MARKETS.map(({ external }) => ({ external })),
    ...(pace === "max"
      ? { speed: "max", events: Number(events), ratePerSecond: 10_000 }
      : { ratePerSecond: Number(pace) }),
  },
});

console.log(JSON.stringify({ url: simulator.url }));
for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  if (line.trim() === "stamps") console.log(JSON.stringify([...sent]));
  else console.log(JSON.stringify(simulator.stats().framesSent));
}
