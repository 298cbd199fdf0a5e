/** The parts of an object, and what its producer threw. */
export interface PartSource {
  /** Parts of exactly the size, the last one shorter; one empty part for nothing at all. */
  parts: AsyncIterator<Uint8Array, void>;
  /** The producer's own failure, which is the caller's and not the storage's. */
  failure: () => { error: unknown } | undefined;
}

/** Cuts bytes or chunks into parts of `partBytes`; bytes are not copied. */
export function partsOf(
  data: Uint8Array | AsyncIterable<Uint8Array>,
  partBytes: number,
): PartSource {
  if (data instanceof Uint8Array) {
    return { parts: slices(data, partBytes), failure: () => undefined };
  }
  let failure: { error: unknown } | undefined;
  const chunks = told(data, (error) => failure = { error });
  return { parts: gathered(chunks, partBytes), failure: () => failure };
}

async function* slices(data: Uint8Array, partBytes: number): AsyncGenerator<Uint8Array, void> {
  yield data.subarray(0, partBytes);
  for (let at = partBytes; at < data.length; at += partBytes) {
    yield data.subarray(at, at + partBytes);
  }
}

/** Passes chunks on and tells of the producer's failure. */
async function* told(
  chunks: AsyncIterable<Uint8Array>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void> {
  const each = chunks[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await each.next();
      } catch (error) {
        ended = true;
        onFailure(error);
        throw error;
      }
      ended = next.done === true;
      if (ended) return;
      yield next.value;
    }
  } finally {
    if (!ended) await each.return?.();
  }
}

async function* gathered(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let yielded = false;
  for await (let chunk of chunks) {
    while (size + chunk.length >= partBytes) {
      const cut = partBytes - size;
      yield joined([...pending, chunk.subarray(0, cut)], partBytes);
      yielded = true;
      chunk = chunk.subarray(cut);
      pending = [];
      size = 0;
    }
    if (chunk.length === 0) continue;
    // The producer may use its buffer again.
    pending.push(chunk.slice());
    size += chunk.length;
  }
  if (size > 0 || !yielded) yield joined(pending, size);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
