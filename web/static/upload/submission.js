// One group of files through all steps: hash, ask what is missing, upload that, register the rest.

import { AwayError } from "./errors.js";

export class Submission {
  #api;
  #hasher;
  #batchId;
  #tally;

  constructor(api, hasher, batchId, tally) {
    this.#api = api;
    this.#hasher = hasher;
    this.#batchId = batchId;
    this.#tally = tally;
  }

  /** Settles every file of the group. After a failure, call it again: it goes on with those that are not settled. */
  async submit(group, signal) {
    await this.#hash(group.filter(({ sha256, settled }) => !sha256 && !settled));
    const files = unsettled(group);
    if (!files.length) return;
    const missing = await this.#api.missing([...new Set(files.map(({ sha256 }) => sha256))], signal);
    const upload = [];
    const known = [];
    for (const file of files) (missing.delete(file.sha256) ? upload : known).push(file);
    await this.#upload(upload, signal);
    if (known.length) this.#settle(known, await this.#api.register(this.#batchId, known, signal), "known");
  }

  /** The server has every file of the group. */
  known(group) {
    for (const file of unsettled(group)) this.#tally.add(file, "known");
  }

  async #hash(files) {
    if (!files.length) return;
    const outcomes = await this.#hasher.hash(files.map(({ file }) => file));
    files.forEach((file, index) => {
      const { sha256, reason } = outcomes[index];
      if (sha256) file.sha256 = sha256;
      else this.#tally.refuse(file, reason);
    });
  }

  async #upload(files, signal) {
    if (!files.length) return;
    try {
      this.#settle(files, await this.#send(files, signal), "uploaded");
    } catch (error) {
      if (error.status === 413) await this.#sendLess(files, error, signal);
      else if (error instanceof AwayError && (await this.#refuseUnreadable(files))) await this.#upload(unsettled(files), signal);
      else throw error;
    }
  }

  async #send(files, signal) {
    const request = {};
    try {
      return await this.#api.upload(this.#batchId, files, (sent) => this.#tally.flying(request, sent), signal);
    } finally {
      this.#tally.landed(request);
    }
  }

  /** Something between us and the server takes less at once than the server does. */
  async #sendLess(files, error, signal) {
    if (files.length === 1) {
      this.#tally.refuse(files[0], error.message);
      return;
    }
    const half = Math.ceil(files.length / 2);
    await this.#upload(files.slice(0, half), signal);
    await this.#upload(files.slice(half), signal);
  }

  /** A file that changed under our hands breaks a request just as the network does. True where there was one. */
  async #refuseUnreadable(files) {
    const outcomes = await Promise.all(files.map(({ file }) => isReadable(file)));
    const broken = files.filter((_, index) => !outcomes[index]);
    for (const file of broken) this.#tally.refuse(file, "The file was changed, moved or deleted since it was chosen.");
    return broken.length > 0;
  }

  #settle(files, outcomes, how) {
    files.forEach((file, index) => {
      const { error } = outcomes[index];
      if (error) this.#tally.refuse(file, error);
      else this.#tally.add(file, how);
    });
  }
}

function unsettled(files) {
  return files.filter(({ settled }) => !settled);
}

async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
