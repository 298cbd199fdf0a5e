import type { Column } from "../columns.ts";
import type { ColumnBuffer } from "./encoded_column.ts";
import { FlagBuffer } from "./flag_buffer.ts";
import { ListBuffer } from "./list_buffer.ts";
import { DoubleBuffer, TextBuffer, WholeBuffer } from "./value_buffers.ts";
import { WordBuffer } from "./word_buffer.ts";

/** The buffer that fits a column. */
export function columnBuffer({ kind, nullable }: Column): ColumnBuffer {
  switch (kind) {
    case "time":
      return new WholeBuffer(nullable, 1000);
    case "count":
      return new WholeBuffer(nullable, 1);
    case "double":
      return new DoubleBuffer(nullable);
    case "word":
      return new WordBuffer();
    case "text":
      return new TextBuffer(nullable);
    case "flag":
      return new FlagBuffer();
    case "doubles":
      return new ListBuffer();
  }
}
