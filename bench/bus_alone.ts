/**
 * A peer of peers_bench.ts: a bus alone, which carries the ready messages of a file's frames. It is a
 * process of its own, as it keeps messages, which would slow the collections of the others. The argument
 * is the bus, a round's stage is the venue's id.
 * @module
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Venue, VENUES } from "@ssmd/exchanges";
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
class BusAlone {
  readonly #transport: Transport;
  readonly #server: BusServer | undefined;
  readonly #messages = new Map<string, OutMessage[]>();
  #rounds = 0;
  #seen = 0;
  #wanted = 0;
  #delivered = Promise.withResolvers<void>();

  private constructor(transport: Transport, server?: BusServer) {
    this.#transport = transport;
    this.#server = server;
  }

  static async memory(): Promise<BusAlone> {
    const transport = await openTransport({ type: "memory" }, { env: "bench" });
    return await new BusAlone(transport).#consume();
  }

  static async nats(): Promise<BusAlone> {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: "bench" });
    return await new BusAlone(transport, server).#consume();
  }

  /** CPU µs a message, of this process and the server, until all is stored and delivered. */
  async costUs(venue: Venue, file: string, repeats: number): Promise<number> {
    const ready = this.#messagesOf(venue, file);
    const messages = Array.from({ length: repeats }, () => this.#rounds++)
      .flatMap((round) => ready.map((message, i) => ({ ...message, id: `bench${round}-${i}-0` })));
    const before = process.cpuUsage();
    const serverBeforeUs = this.#serverUs();
    await this.#carry(messages);
    const { user, system } = process.cpuUsage(before);
    return (user + system + this.#serverUs() - serverBeforeUs) / messages.length;
  }

  async close(): Promise<void> {
    await this.#transport.close();
    await this.#server?.stop();
  }

  #serverUs(): number {
    return this.#server === undefined ? 0 : cpuSecondsOf(this.#server.pid) * 1e6;
  }

  #messagesOf(venue: Venue, file: string): OutMessage[] {
    let messages = this.#messages.get(file);
    if (messages === undefined) {
      const found: OutMessage[] = messages = [];
      const onMessage = (message: OutMessage) => found.push(message);
      const take = toMessages(venue, { onMessage })();
      for (const [i, text] of Deno.readTextFileSync(file).split("\n").entries()) {
        take(Buffer.from(text), text, i);
      }
      this.#messages.set(file, messages);
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

const bus = Deno.args[0] === "nats" ? await BusAlone.nats() : await BusAlone.memory();
console.log("{}");
for await (const line of createInterface({ input: process.stdin })) {
  const { stage, file, repeats } = JSON.parse(line);
  const us = await bus.costUs(VENUES[stage] as Venue, file, repeats);
  console.log(JSON.stringify({ us, made: 1 }));
}
await bus.close();
