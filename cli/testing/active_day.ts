/** Marks the example archive's day as active, as `ssmd day start` did on that day. @module */
import { openDays } from "@ssmd/jobs";
import { nowUs } from "@ssmd/runtime";

using days = await openDays("./data", "demo");
const { state } = days.find("kraken", "2026-08-01");
if (state === "pending") {
  days.claim({ feed: "kraken", day: "2026-08-01", to: "active", job: "example", nowUs: nowUs() });
}
