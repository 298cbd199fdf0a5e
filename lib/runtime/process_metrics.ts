import { statfsSync } from "node:fs";
import { cpuUsage } from "node:process";
import { COMMIT, VERSION } from "./build.ts";
import { Metrics } from "./metrics.ts";

/**
 * Exports what runs and what it uses: `ssmd_build_info`, memory, processor time, start, and the
 * free space of the disk below `dataDir`; a disk that cannot be asked has no line.
 */
export function exportProcess(
  registry: Metrics["registry"],
  { component, dataDir }: { component: string; dataDir?: string },
): void {
  const labels = { component, version: VERSION, commit: COMMIT, deno: Deno.version.deno };
  new Metrics("build", registry)
    .gauge("info", "1, with what runs as labels.", { labels: Object.keys(labels) })
    .set(labels, 1);
  const metrics = new Metrics("process", registry);
  metrics.gauge("start_time_seconds", "Start of the process, seconds since 1970.")
    .set((Date.now() - performance.now()) / 1000);
  const memory = metrics.gauge("resident_memory_bytes", "Memory that the process holds.", {
    collect: () => {
      const { rss, heapUsed } = Deno.memoryUsage();
      memory.set(rss);
      heap.set(heapUsed);
      const { user, system } = cpuUsage();
      cpu.reset();
      cpu.inc((user + system) / 1e6);
    },
  });
  // Read after the first, which sets them.
  const heap = metrics.gauge("heap_bytes", "Memory of JavaScript that is in use.");
  const cpu = metrics.counter("cpu_seconds_total", "Processor time used, all threads.");
  if (dataDir !== undefined) exportDisk(metrics, dataDir);
}

function exportDisk(metrics: Metrics, dataDir: string): void {
  const free = metrics.gauge("disk_free_bytes", "Free space there, for this user.", {
    labels: ["folder"],
    collect: () => {
      try {
        const { bavail, blocks, bsize } = statfsSync(dataDir);
        free.set({ folder: dataDir }, bavail * bsize);
        size.set({ folder: dataDir }, blocks * bsize);
      } catch {
        // The folder is made later, or its disk is gone: no line is better than an old one.
        free.reset();
        size.reset();
      }
    },
  });
  // Read after the first, which sets it.
  const size = metrics.gauge("disk_size_bytes", "Size of the disk of the data folder.", {
    labels: ["folder"],
  });
}
