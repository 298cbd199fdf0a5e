import { ServiceLease, SsmdError } from "@ssmd/runtime";
import type { SignalServiceOptions } from "./service_options.ts";

/** Lease by which one process at a time runs a shard's signals. */
export function signalsLease(
  { transport, logger }: SignalServiceOptions,
  shard: string,
): ServiceLease {
  return new ServiceLease({
    ...{ cell: transport.leaseCell?.(`signals-${shard}`), service: "signals", logger },
    superseded: (holder) =>
      new SsmdError("SIGNALS_SUPERSEDED", `${holder} runs the signals now`, {
        hint: "Nothing is lost: another process took over; if restarted, this one is the standby",
      }),
  });
}
