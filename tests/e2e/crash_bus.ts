import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

/** Longest wait for one more message to be given: how fast a machine is says nothing. */
const STALL_MS_MAX = 60_000;

/** Waits until a durable consumer was given everything in its stream. */
export async function untilConsumed(url: string, stream: string, durable: string): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    let least = Infinity;
    let leastMs = Date.now();
    for (;;) {
      const pending = await manager.consumers.info(stream, durable)
        .then(({ num_pending }) => num_pending, () => Infinity);
      if (pending === 0) return;
      if (pending < least) [least, leastMs] = [pending, Date.now()];
      if (Date.now() - leastMs > STALL_MS_MAX) {
        throw new Deno.errors.TimedOut(`${durable} still has ${pending} messages to be given`);
      }
      await delay(100);
    }
  } finally {
    await connection.close();
  }
}
