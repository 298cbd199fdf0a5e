import { journalContract } from "../../tests/contract/journal.ts";
import { memoryJournal } from "./memory.ts";

journalContract(
  "memory",
  () => Promise.resolve({ journal: memoryJournal(), remove: () => Promise.resolve() }),
);
