import type { Logger } from "@ssmd/runtime";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { givenHeaders, isLate } from "./nats_header.ts";
import { compileFilter } from "./subject_filter.ts";
import type { GroupOptions, InMessage, Subscription } from "./transport.ts";

/** Joins a queue group: the server gives each message to one of its members. */
export function joinNatsGroup(
  connection: NatsConnection,
  { name, filter, onMessage }: GroupOptions,
  logger: Logger,
): Subscription {
  compileFilter(filter);
  return connection.subscribe(filter, {
    queue: name,
    callback: (error, message) => {
      if (error === null) onMessage(received(message));
      else logger.error("messages of a group are not received", { filter, error });
    },
  });
}

function received({ subject, data: payload, headers }: Msg): InMessage {
  return {
    ...{ subject, payload, streamSequence: 0 },
    ...{ id: headers?.get("Nats-Msg-Id") ?? "", late: isLate(headers) },
    headers: givenHeaders(headers),
  };
}
