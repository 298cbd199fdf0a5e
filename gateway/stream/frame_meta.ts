/** Properties of a buffered message, shared by all its clients. `S` is its market. */
export interface FrameMeta<S> {
  readonly bytes: number;
  /** Index in EVENT_TYPES; -1 = no record. */
  readonly type: number;
  /** Whether it is an order-book snapshot. */
  readonly isSnapshot: boolean;
  readonly subject: S | undefined;
}
