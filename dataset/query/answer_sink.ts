import type { AnswerColumn, AnswerValue } from "./engine_messages.ts";

/** Receiver of a streamed answer. */
export interface AnswerSink {
  columns(columns: readonly AnswerColumn[]): void;
  rows(rows: readonly (readonly AnswerValue[])[]): void;
  /** Called after the last row. */
  end(): void;
}
