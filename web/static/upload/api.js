// The server's API as methods. They reject with AwayError, RefusedError, or an AbortError once `signal` is aborted.

import { AwayError, RefusedError, errorFor } from "./errors.js";
import { form } from "./multipart.js";

const SILENCE_SECONDS = 120; // a large upload is flushed to disk before the answer comes
const AWAY = "The server does not answer.";

export class Api {
  #root;
  #token = document.querySelector("meta[name='csrf-token']")?.content ?? "";

  /** `root`: the path of the start page, with a slash at its end. */
  constructor(root) {
    this.#root = root;
  }

  createBatch(request, signal) {
    return this.#post("batches", request, signal);
  }

  closeBatch(id, signal) {
    return this.#post(`batches/${id}/close`, null, signal);
  }

  /** The paths of all scans in the batch, as a Set. */
  async paths(id, signal) {
    const found = new Set();
    let after = "";
    do {
      const page = await this.#get(`batches/${id}/scans?limit=200${after}`, signal);
      for (const { path } of page.items) found.add(path);
      after = page.next === null ? null : `&after=${page.next}`;
    } while (after !== null);
    return found;
  }

  cancelBatch(id, signal) {
    return this.#post(`batches/${id}/cancel`, null, signal);
  }

  /** The Set of those hashes whose bytes the server lacks. */
  async missing(hashes, signal) {
    return new Set((await this.#post("blobs/missing", { sha256: hashes }, signal)).missing);
  }

  /** Adds files whose bytes the server has; one { scan_id, error } for each, in order. */
  async register(id, files, signal) {
    const scans = files.map(({ path, sha256 }) => ({ path, sha256 }));
    return (await this.#post(`batches/${id}/scans`, { scans }, signal)).scans;
  }

  /** Sends files and adds them; one { scan_id, error } for each, in order. `report` gets the bytes sent so far. */
  async upload(id, files, report, signal) {
    const { type, body } = form(files);
    const answer = await this.#persist(() => this.#send(`batches/${id}/files`, type, body, report, signal));
    return answer.scans;
  }

  #post(path, value, signal) {
    const type = value === null ? null : "application/json";
    const body = value === null ? null : JSON.stringify(value);
    return this.#persist(() => this.#send(path, type, body, () => {}, signal));
  }

  #get(path, signal) {
    return this.#send(path, null, null, () => {}, signal, "GET");
  }

  /** The token of a session that has been renewed meanwhile is refused: get the new one and try once more. */
  async #persist(send) {
    const used = this.#token;
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof RefusedError && error.status === 403)) throw error;
      if (this.#token === used) await this.#renewToken(); // unless a request beside this one has done it
      if (this.#token === used) throw error;
      return send();
    }
  }

  /** Reads the token that the page would have now; rejects with AwayError where nothing answers. */
  async #renewToken() {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(this.#root)).text(), "text/html");
      this.#token = page.querySelector("meta[name='csrf-token']")?.content ?? this.#token;
    } catch {
      throw new AwayError(AWAY);
    }
  }

  /** XMLHttpRequest and not fetch: only it tells how much has been sent. */
  async #send(path, type, body, report, signal, method = "POST") {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, `${this.#root}api/v1/${path}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", this.#token);
    if (type) request.setRequestHeader("Content-Type", type);
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    try {
      await ended(request, body, report);
    } finally {
      signal.removeEventListener("abort", stop);
    }
    signal.throwIfAborted();
    return answer(request);
  }
}

/** Sends, and resolves when it is over in whatever way; a request that stands still is broken off. */
function ended(request, body, report) {
  return new Promise((resolve) => {
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_SECONDS * 1000);
    };
    request.upload.addEventListener("progress", ({ loaded }) => {
      heard();
      report(loaded);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(silence);
      resolve();
    });
    heard();
    request.send(body);
  });
}

/** The JSON of the answer; throws where it is an error, or there is none (status 0). */
function answer(request) {
  const { status, responseText } = request;
  if (status === 0) throw new AwayError(AWAY);
  if (status < 200 || status >= 300) throw errorFor(status, responseText, request.getResponseHeader("Retry-After"));
  return JSON.parse(responseText);
}
