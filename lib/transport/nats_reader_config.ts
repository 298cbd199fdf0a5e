import { nanos } from "@nats-io/nats-core";
import { AckPolicy, type ConsumerConfig, DeliverPolicy } from "@nats-io/jetstream";

/** Time that the server keeps a live reader's idle consumer. */
const LIVE_IDLE_MS = 60_000;
/**
 * The server's own redelivery would come out of order, in the middle of later messages. The reader
 * rewinds by itself after any loss, so the ack timer is the stream's age.
 */
const ACK_WAIT_MS = 24 * 60 * 60 * 1000;

/** Options of {@linkcode readerConfig}. */
interface ReaderNeeds {
  /** As the server has them, without overlap. */
  filters: readonly string[];
  /** Undefined for a live reader. */
  durableName: string | undefined;
  /** Sequence to start after; 0 = the first message, for a first live consumer the next one. */
  after: number;
  /** Whether the reader has had no consumer before. */
  isFirst: boolean;
}

/** Returns the configuration of a reader's consumer. */
export function readerConfig(needs: ReaderNeeds): Partial<ConsumerConfig> {
  const { filters, durableName, after, isFirst } = needs;
  const [only = ">"] = filters;
  const shared = filters.length === 1
    ? { filter_subject: only }
    : { filter_subjects: [...filters] };
  if (durableName === undefined) {
    return {
      ...shared,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(LIVE_IDLE_MS),
      ...startAfter(after, isFirst ? DeliverPolicy.New : DeliverPolicy.All),
    };
  }
  return {
    ...shared,
    durable_name: durableName,
    ack_policy: AckPolicy.All,
    max_ack_pending: -1,
    ack_wait: nanos(ACK_WAIT_MS),
    ...startAfter(after, DeliverPolicy.All),
  };
}

function startAfter(streamSequence: number, atFirst: DeliverPolicy): Partial<ConsumerConfig> {
  return streamSequence === 0
    ? { deliver_policy: atFirst }
    : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: streamSequence + 1 };
}
