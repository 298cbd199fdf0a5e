/** What is known of a message on its way; shared by all clients that get it. `S` is its market. */
export interface FrameMeta<S> {
  readonly bytes: number;
  /** Place in EVENT_TYPES; -1 = no record. */
  readonly type: number;
  /** Whether it is a whole order book. */
  readonly isSnapshot: boolean;
  readonly subject: S | undefined;
}
