import type { AnswerColumn, AnswerValue } from "./engine_messages.ts";

/** Takes an answer as it comes. */
export interface AnswerSink {
  columns(columns: readonly AnswerColumn[]): void;
  rows(rows: readonly (readonly AnswerValue[])[]): void;
  /** After the last row. */
  end(): void;
}
