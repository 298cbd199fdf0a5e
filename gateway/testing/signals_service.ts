import {
  type ServiceRefusal,
  type SignalsDone,
  type SignalsRequest,
  signalsSubject,
  type SignalSwitch,
} from "@ssmd/market";
import type { Transport } from "@ssmd/transport";

/** Answers like the signals service; returns the requests it received. */
export async function answerAsSignals(
  transport: Transport,
  signals: readonly unknown[],
): Promise<SignalsRequest[]> {
  const requested: SignalsRequest[] = [];
  await transport.respond(signalsSubject("test"), (payload) => {
    const request = JSON.parse(new TextDecoder().decode(payload)) as SignalsRequest;
    requested.push(request);
    return new TextEncoder().encode(JSON.stringify(answerTo(request, signals)));
  });
  return requested;
}

function answerTo(
  request: SignalsRequest,
  signals: readonly unknown[],
): SignalsDone | ServiceRefusal {
  const ids = signals.map((signal) => (signal as { id: string }).id);
  if ("id" in request && !ids.includes(request.id)) {
    return { ok: false, code: "SIGNAL_UNKNOWN", message: "there is none", hint: "look again" };
  }
  const change: SignalSwitch = {
    ...{ at: 1, action: "deploy" as const, stream: { created_at_us: 1, sequence: 1 } },
    ...{ feeds: {}, signals: [] },
  };
  return { ok: true, signals: signals as never, lag_seconds: 0, switches: [change] };
}
