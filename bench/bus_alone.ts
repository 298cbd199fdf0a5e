/** A bus with messages that are ready: what carrying them costs. @module */
import type { Buffer } from "node:buffer";
import process from "node:process";
import type { Venue } from "@ssmd/exchanges";
import { openTransport, type OutMessage, type Transport } from "@ssmd/transport";
import { startNatsServer } from "../tests/servers/nats_server.ts";
import { toMessages } from "./frame_stages.ts";
import { cpuSecondsOf } from "./watched.ts";

/** A server beside this process. */
interface BusServer {
  pid: number;
  stop: () => Promise<void>;
}

/** A bus that carries messages of frames to one durable consumer. */
export class BusAlone {
  readonly name: string;
  readonly #transport: Transport;
  readonly #server: BusServer | undefined;
  readonly #messages = new Map<readonly Buffer[], OutMessage[]>();
  #rounds = 0;
  #seen = 0;
  #wanted = 0;
  #delivered = Promise.withResolvers<void>();

  private constructor(name: string, transport: Transport, server?: BusServer) {
    this.name = name;
    this.#transport = transport;
    this.#server = server;
  }

  static async memory(): Promise<BusAlone> {
    const transport = await openTransport({ type: "memory" }, { env: "bench" });
    return await new BusAlone("memory bus", transport).#consume();
  }

  static async nats(): Promise<BusAlone> {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: "bench" });
    return await new BusAlone("NATS", transport, server).#consume();
  }

  /** CPU µs a frame, of this process and the server, until all is stored and delivered. */
  async costUs(venue: Venue, frames: readonly Buffer[], texts: readonly string[]): Promise<number> {
    const round = this.#rounds++;
    const messages = this.#messagesOf(venue, frames, texts)
      .map((message, i) => ({ ...message, id: `bench${round}-${i}-0` }));
    const before = process.cpuUsage();
    const serverBeforeUs = this.#serverUs();
    await this.#carry(messages);
    const { user, system } = process.cpuUsage(before);
    return (user + system + this.#serverUs() - serverBeforeUs) / frames.length;
  }

  async close(): Promise<void> {
    await this.#transport.close();
    await this.#server?.stop();
  }

  #serverUs(): number {
    return this.#server === undefined ? 0 : cpuSecondsOf(this.#server.pid) * 1e6;
  }

  #messagesOf(venue: Venue, frames: readonly Buffer[], texts: readonly string[]): OutMessage[] {
    let messages = this.#messages.get(frames);
    if (messages === undefined) {
      const found: OutMessage[] = messages = [];
      const onMessage = (message: OutMessage) => found.push(message);
      const take = toMessages(venue, { onMessage })();
      for (const [i, frame] of frames.entries()) take(frame, texts[i] ?? "", i);
      this.#messages.set(frames, messages);
    }
    return messages;
  }

  async #consume(): Promise<this> {
    const consumer = await this.#transport.consume({
      name: "bench-main",
      filters: ["bench.>"],
      onHole: () => {},
      onMessage: (message) => {
        if (++this.#seen % 1000 === 0) consumer.acknowledge(message.streamSequence);
        if (this.#seen === this.#wanted) this.#delivered.resolve();
      },
    });
    return this;
  }

  async #carry(messages: readonly OutMessage[]): Promise<void> {
    const publisher = this.#transport.publisher();
    this.#delivered = Promise.withResolvers();
    this.#wanted = this.#seen + messages.length;
    for (const message of messages) {
      if (publisher.full) await publisher.ready();
      publisher.publish(message);
    }
    await publisher.flush();
    await this.#delivered.promise;
    await publisher.close();
  }
}
