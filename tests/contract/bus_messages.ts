import type { OutMessage, Publisher, Transport } from "@ssmd/transport";

/** A driver on an empty bus of environment `env`. */
export interface TransportSubject {
  transport: Transport;
  env: string;
  /** Closes the transport and removes what it stored. */
  remove(): Promise<void>;
}

/** Registers a test with its own driver. */
export type TransportTest = (
  sentence: string,
  body: (subject: TransportSubject) => Promise<void>,
) => void;

const UTF8 = new TextEncoder();

/** Messages `first` to `last` of one run on a subject; the payload is the number. */
export function messagesOf(subject: string, first: number, last: number): OutMessage[] {
  const messages: OutMessage[] = [];
  for (let n = first; n <= last; n++) {
    messages.push({ subject, payload: UTF8.encode(String(n)), id: `run-${n}-0` });
  }
  return messages;
}

/** Publishes and waits for all acknowledgements. */
export async function publishAll(publisher: Publisher, messages: OutMessage[]): Promise<void> {
  for (const message of messages) {
    if (publisher.full) await publisher.ready();
    publisher.publish(message);
  }
  await publisher.flush();
}
