/** Two dead letters beside the example archive: one that can be read today, one that cannot. @module */
import { writeLetters } from "@ssmd/dataset/dead_letters";
import { folderStorage } from "@ssmd/storage";

const START_US = Date.parse("2026-08-01T02:53:50Z") * 1000 + 1000;
const letter = (id: string, line: number) => ({
  ...{ id, component: "connector", feed: "kraken", kind: "frame", subject: "" } as const,
  ...{ reason: "no JSON", received_us: START_US + line * 100, truncated: false },
  ...{ bytes: 11, base64: btoa('{"not\njson"') },
});

const storage = folderStorage("data");
const letters = [letter("m1abc-71-0", 71), letter("m1abc-70-0", 70)];
await writeLetters(storage, "demo", { letters, nowUs: 1 });
await storage.close();
