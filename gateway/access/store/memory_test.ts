import { clientStoreContract } from "../testing/client_store_contract.ts";
import { memoryClientStore } from "./memory.ts";

clientStoreContract("memory", () => Promise.resolve(memoryClientStore()));
