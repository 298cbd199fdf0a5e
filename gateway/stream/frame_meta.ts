/** Properties of a buffered message, shared by all its clients. `S` is its market. */
export interface FrameMeta<S> {
  readonly bytes: number;
  /** Index in STREAM_TYPES; -1 = not a record. */
  readonly type: number;
  /** Whether it is an order-book snapshot. */
  readonly isSnapshot: boolean;
  readonly subject: S | undefined;
}
