/** Initial buffer size for a stream of chunks. */
const FIRST_BYTES = 64 * 1024;

/** Parts of an object, and its producer's error. */
interface PartSource {
  /** Parts of exactly the given size, the last one shorter; one empty part for empty data. */
  parts: AsyncIterator<Uint8Array, void>;
  /** The producer's error, which is the caller's and not the storage's. */
  failure: () => { error: unknown } | undefined;
  /** Returns the memory of a part for reuse. */
  recycle: (part: Uint8Array) => void;
}

/** Splits bytes or chunks into parts of `partBytes`; does not copy bytes. */
export function partsOf(
  data: Uint8Array | AsyncIterable<Uint8Array>,
  partBytes: number,
): PartSource {
  if (data instanceof Uint8Array) {
    return {
      parts: slices(data, partBytes),
      failure: () => undefined,
      // The memory belongs to the caller.
      recycle: () => {},
    };
  }
  let failure: { error: unknown } | undefined;
  const chunks = reportingFailure(data, (error) => failure = { error });
  const spare: Uint8Array[] = [];
  return {
    parts: gathered(chunks, partBytes, spare),
    failure: () => failure,
    recycle: (part) => {
      if (part.length === partBytes) spare.push(part);
    },
  };
}

async function* slices(data: Uint8Array, partBytes: number): AsyncGenerator<Uint8Array, void> {
  yield data.subarray(0, partBytes);
  for (let at = partBytes; at < data.length; at += partBytes) {
    yield data.subarray(at, at + partBytes);
  }
}

/** Forwards chunks and reports the producer's error. */
async function* reportingFailure(
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
  spare: Uint8Array[],
): AsyncGenerator<Uint8Array, void> {
  let part: Uint8Array = new Uint8Array(Math.min(partBytes, FIRST_BYTES));
  let size = 0;
  let yielded = false;
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      const taken = chunk.subarray(0, partBytes - size);
      if (size + taken.length > part.length) part = grown(part, size + taken.length, partBytes);
      part.set(taken, size);
      size += taken.length;
      chunk = chunk.subarray(taken.length);
      if (size < partBytes) continue;
      yield part;
      yielded = true;
      part = spare.pop() ?? new Uint8Array(partBytes);
      size = 0;
    }
  }
  if (size > 0 || !yielded) yield part.subarray(0, size);
}

/** Returns a larger copy, doubled: small objects cost little, large ones few copies. */
function grown(part: Uint8Array, least: number, most: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(most, Math.max(least, 2 * part.length)));
  larger.set(part);
  return larger;
}
