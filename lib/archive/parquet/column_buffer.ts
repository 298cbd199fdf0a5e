import { DoubleBuffer, ListBuffer } from "./double_buffer.ts";
import type { ColumnBuffer } from "./encoded_chunk.ts";
import { FlagBuffer } from "./flag_buffer.ts";
import type { Column } from "./record_columns.ts";
import { TextBuffer } from "./text_buffer.ts";
import { WholeBuffer } from "./whole_buffer.ts";

/** Creates the buffer for a column. */
export function columnBuffer(column: Column): ColumnBuffer {
  switch (column.kind) {
    case "time":
    case "count":
      return new WholeBuffer(column);
    case "double":
      return new DoubleBuffer(column);
    case "word":
    case "text":
      return new TextBuffer(column);
    case "flag":
      return new FlagBuffer();
    case "doubles":
      return new ListBuffer();
  }
}
