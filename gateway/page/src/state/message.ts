/** Message of the stream. */
export type Message = Record<string, unknown> & { type: string };
