import { storageContract } from "../../tests/contract/storage.ts";
import { memoryStorage } from "./memory.ts";

storageContract(
  "memory",
  () => Promise.resolve({ storage: memoryStorage(), remove: () => Promise.resolve() }),
);
