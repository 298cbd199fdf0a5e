import { STREAM_TYPES } from "@ssmd/market";
import type { Metrics } from "@ssmd/runtime";
import { BUFFER_STATES, type BufferState, SLOW_POLICIES } from "./protocol/slow_policy.ts";

/** Registers a gateway's metrics; label values are constants of the code, never client input. */
export function gatewayMetrics(metrics: Metrics) {
  const sent = metrics.counter("messages_sent_total", "Messages given to clients.", {
    type: STREAM_TYPES,
  });
  const dropped = metrics.counter("messages_dropped_total", "Messages lost for clients.", {
    reason: [...SLOW_POLICIES, "markets_max"],
  });
  const resumed = metrics.counter("resumes_total", "Requests to go on where one was.", {
    result: ["recovered", "not_recovered"],
  });
  const refused = metrics.counter("refused_total", "Sockets cut and requests refused.", ["reason"]);
  const latency = metrics.histogram(
    "latency_seconds",
    "From a frame's arrival at the connector to the write to clients (sampled).",
  );
  const byType = STREAM_TYPES.map((type) => sent.labels({ type }));
  const byPolicy = SLOW_POLICIES.map((reason) => dropped.labels({ reason }));
  return {
    latency,
    onSent: (counts: readonly number[]) => add(byType, counts),
    onDropped: (counts: readonly number[]) => add(byPolicy, counts),
    onRefused: (reason: string) => refused.inc({ reason }),
    onResumed: (recovered: boolean) =>
      resumed.inc({ result: recovered ? "recovered" : "not_recovered" }),
    gauges: gauges(metrics, (count) => dropped.inc({ reason: "markets_max" }, count)),
  };
}

function gauges(metrics: Metrics, onRefused: (count: number) => void) {
  const clients = metrics.gauge("clients_connected", "Clients connected now.");
  const slow = metrics.gauge("slow_consumers", "Clients that lose messages now.");
  const states = metrics.gauge("client_states", "Clients by the state of their buffers.", {
    labels: [
      "state",
    ],
  });
  const active = metrics.gauge("subscriptions_active", "Markets that clients get, summed.");
  let refusedBefore = 0;
  return (
    stats: { clients: number; slowClients: number; subscriptions: number },
    byState: Readonly<Record<BufferState, number>>,
    refused: number,
  ): void => {
    if (refused > refusedBefore) onRefused(refused - refusedBefore);
    refusedBefore = refused;
    clients.set(stats.clients);
    slow.set(stats.slowClients);
    for (const state of BUFFER_STATES) states.set({ state }, byState[state]);
    active.set(stats.subscriptions);
  };
}

function add(counters: readonly { inc(by: number): void }[], counts: readonly number[]): void {
  for (let i = 0; i < counters.length; i++) {
    const count = counts[i] ?? 0;
    if (count > 0) counters[i]?.inc(count);
  }
}
