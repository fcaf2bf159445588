// The SHA-256 of files, computed by a worker.

export class Hasher {
  #worker = new Worker(new URL("./hash-worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #next = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data: { id, outcomes } }) => {
      this.#waiting.get(id).resolve(outcomes);
      this.#waiting.delete(id);
    });
    this.#worker.addEventListener("error", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The hashing in the background failed."));
      this.#waiting.clear();
    });
  }

  /** Resolves to { sha256 } or { reason } for each File, in order. */
  hash(files) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, files });
    });
  }

  end() {
    this.#worker.terminate();
  }
}
