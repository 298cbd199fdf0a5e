import type { AnswerSink } from "../answer_sink.ts";
import type { AnswerColumn, AnswerValue } from "../engine_messages.ts";

/** Collects an answer as objects. */
export class AnswerRows implements AnswerSink {
  readonly objects: Record<string, AnswerValue>[] = [];
  #names: string[] = [];

  columns(columns: readonly AnswerColumn[]): void {
    this.#names = columns.map(({ name }) => name);
  }

  rows(rows: readonly (readonly AnswerValue[])[]): void {
    for (const row of rows) {
      this.objects.push(Object.fromEntries(this.#names.map((name, i) => [name, row[i] ?? null])));
    }
  }

  end(): void {}
}
