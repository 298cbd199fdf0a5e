import { messageOf, TransportError } from "@ssmd/runtime";

/** Returns `NO_RESPONDER`: the request's subject has no responder. */
export function nobodyAnswers(subject: string): TransportError {
  return new TransportError("NO_RESPONDER", `No component answers requests on "${subject}"`, {
    context: { subject },
    hint: "Start the component that answers there, or check the environment's name",
    retryable: true,
  });
}

/** Returns `REQUEST_TIMEOUT`: a responder exists, but no answer came in time. */
export function answeredTooLate(subject: string, timeoutMs: number): TransportError {
  return new TransportError(
    "REQUEST_TIMEOUT",
    `No answer to a request on "${subject}" within ${timeoutMs} ms`,
    { context: { subject, timeoutMs }, hint: "Try again, or allow more time", retryable: true },
  );
}

/** Returns `REQUEST_FAILED`: the responder answered with an error. */
export function answerFailed(subject: string, cause: unknown): TransportError {
  return new TransportError(
    "REQUEST_FAILED",
    `The request on "${subject}" was answered with an error: ${messageOf(cause)}`,
    { context: { subject }, cause, hint: "The log of the answering component says more" },
  );
}

/** Returns `TRANSPORT_CLOSED`: used after close. */
export function transportClosed(): TransportError {
  return new TransportError("TRANSPORT_CLOSED", "The transport was closed", {
    hint: "Open a new one; publishers and consumers end with the transport",
  });
}

/** Returns `PUBLISHER_CLOSED`: published after close. */
export function publisherClosed(): TransportError {
  return new TransportError("PUBLISHER_CLOSED", "The publisher was closed", {
    hint: "Ask the transport for a new publisher",
  });
}

/** Returns `CONSUMER_IN_USE`: this transport already reads the durable name. */
export function consumerInUse(name: string): TransportError {
  return new TransportError("CONSUMER_IN_USE", `The consumer "${name}" is already open here`, {
    context: { name },
    hint: "Close it first, or give each reader a name of its own",
  });
}
