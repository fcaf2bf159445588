// One upload from the first request to the closed batch.

import { Brake } from "./brake.js";
import { GROUP_BYTES, GROUP_FILES, groups } from "./groups.js";
import { Hasher } from "./hash.js";
import { clientKey } from "./key.js";
import { Submission } from "./submission.js";
import { Tally } from "./tally.js";

const LANES = 3; // requests at a time

export class Run {
  /** starting | sending | closing | done: the step that `brake` may be holding up. */
  step = "starting";
  /** The batch, once the server has named it, and how many scans it had before. */
  batch = null;
  before = 0;

  /** `request`: { folder, name, priority }; `report` is called when a state changes, not for each file. */
  constructor(api, files, request, maxRequestFiles, report) {
    this.api = api;
    this.files = files;
    this.request = request;
    this.tally = new Tally(files);
    this.brake = new Brake(() => this.#report());
    this.#maxFiles = Math.min(GROUP_FILES, maxRequestFiles);
    this.#report = report;
  }

  #maxFiles;
  #report = () => {};

  get state() {
    if (this.step === "done") return "done";
    return this.brake.state === "running" ? this.step : this.brake.state;
  }

  /** Resolves when the batch is closed; rejects with CancelledError after `brake.cancel()`. */
  async start() {
    const hasher = new Hasher();
    try {
      for (const file of this.files) file.settled = file.refused = false;
      await this.#open();
      const submission = new Submission(this.api, hasher, this.batch.id, this.tally);
      await this.#send(submission);
      this.#enter("closing");
      this.batch = await this.brake.persist((signal) => this.api.closeBatch(this.batch.id, signal));
      this.#enter("done");
    } finally {
      hasher.end();
    }
  }

  async #open() {
    const { folder, name, priority } = this.request;
    const key = await clientKey(folder, priority, this.files);
    const wanted = { name, priority, client_key: key };
    this.batch = await this.brake.persist((signal) => this.api.createBatch(wanted, signal));
    this.before = this.batch.total;
    this.#enter("sending");
  }

  async #send(submission) {
    const waiting = groups(this.files, this.#maxFiles, GROUP_BYTES).values();
    const lane = async () => {
      for (const group of waiting) await this.brake.persist((signal) => this.#submit(submission, group, signal));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /** Another tab with the same folder shares the batch, and closes it when it is done: then so are we. */
  async #submit(submission, group, signal) {
    try {
      await submission.submit(group, signal);
    } catch (error) {
      if (error.status !== 409 || !(await this.#isAllThere(signal))) throw error;
      submission.known(group);
    }
  }

  async #isAllThere(signal) {
    const paths = await this.api.paths(this.batch.id, signal);
    return this.files.every((file) => file.refused || paths.has(file.path));
  }

  #enter(step) {
    this.step = step;
    this.#report();
  }
}
