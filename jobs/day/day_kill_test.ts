import { openJobs } from "../job_service.ts";
import { DayKills } from "../testing/day_kills.ts";

Deno.test("killed in every step of its start, roll and end, each step of a day is done once", async () => {
  const dataDir = await Deno.makeTempDir();
  const openBoard = () => openJobs(dataDir, "demo");
  await new DayKills({ dataDir, openBoard, where: [], oneOf: 3 }).run();
  await Deno.remove(dataDir, { recursive: true });
});
