/// <reference lib="dom" />

/** The used part of the service-worker API; its types need a program of their own. */
interface WorkerScope {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}
interface WorkerEvent {
  request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

/** The page's files, which are kept for the time in which the gateway is away. */
const KEPT = "ssmd-page";
const FILES = ["/", "/app.js", "/app.css", "/icon.svg"];

const worker = self as unknown as WorkerScope;

worker.addEventListener("install", (event) => {
  event.waitUntil(keepFiles().then(() => worker.skipWaiting()));
});
worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin || !FILES.includes(pathname)) return;
  event.respondWith(answer(event.request, pathname));
});

/** The first visit's files came before this worker did. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(KEPT);
  for (const path of FILES) {
    const response = await fetch(path).catch(() => undefined);
    if (response?.ok === true) await cache.put(path, response);
  }
}

/** The gateway's file as it is now; the kept one only where it does not answer at all. */
async function answer(request: Request, pathname: string): Promise<Response> {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) await cache.put(pathname, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (kept === undefined) throw error;
    return kept;
  }
}
