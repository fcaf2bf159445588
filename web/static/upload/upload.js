// What the reader does with an upload, and what follows from it.

import { CancelledError } from "./brake.js";
import { Pace } from "./pace.js";
import { Run } from "./run.js";
import { sieve } from "./sieve.js";
import { chosen, dropped } from "./walk.js";
import { count } from "./words.js";

const REFRESH_MS = 250;

export class Upload {
  #view;
  #api;
  #limits;
  #walk = null; // AbortController of a walk that goes on
  #found = null; // { folder, files, refused } that wait for the form
  #run = null;
  #ticking = null;
  #pace = new Pace();
  #said = "";

  /** `limits`: { file, request }: the bytes of a file and the files of a request that the server takes at most. */
  constructor(view, api, limits) {
    this.#view = view;
    this.#api = api;
    this.#limits = limits;
  }

  /** Whether something is lost when the page is left. */
  get busy() {
    return this.#run !== null;
  }

  take(transfer) {
    if (!this.#free()) return;
    this.clear();
    const walk = new AbortController();
    this.#walk = walk;
    this.#view.walked(0, 0);
    this.#view.panel("walking");
    const report = (files, size) => this.#view.walked(files, size);
    dropped(transfer, report, walk.signal)
      .then((walked) => this.#offer(walked))
      .catch((error) => {
        if (!walk.signal.aborted) this.#failed(error);
      });
  }

  takeChosen(input) {
    try {
      if (input.files.length && this.#free()) this.#offer(chosen(input));
    } catch (error) {
      this.#failed(error);
    }
    input.value = "";
  }

  #failed(error) {
    this.clear();
    this.#view.remark(`What you chose cannot be read: ${error.message} Try again, or choose part of it.`);
  }

  clear() {
    this.#walk?.abort();
    this.#walk = this.#found = null;
    this.#view.refused([]);
    this.#view.panel("idle");
  }

  start(form) {
    const { folder, files } = this.#found;
    const request = { folder, name: form.get("name").trim() || "scans", priority: form.get("priority") };
    this.#begin(files, request);
  }

  again() {
    const { files, request, brake } = this.#run;
    brake.cancel();
    this.#begin(files, request);
  }

  pause() {
    this.#run?.brake.pause();
  }

  go() {
    this.#run?.brake.go();
  }

  /** The network is back: no need to wait for the next try. */
  online() {
    if (this.#run?.brake.state === "away") this.#run.brake.go();
  }

  ask() {
    this.#view.ask(this.#run);
  }

  /** Stop; `how`: closeBatch keeps what is there, cancelBatch cancels it too. */
  async stop(how) {
    const run = this.#run;
    if (!run) return;
    run.brake.cancel();
    this.#end();
    if (!run.batch) {
      this.clear();
      return;
    }
    try {
      run.batch = await this.#api[how](run.batch.id, AbortSignal.timeout(30_000));
      if (how === "closeBatch") this.#view.done(run, true);
      else this.clear();
      this.#view.remark(how === "cancelBatch" ? `Batch #${run.batch.id} is cancelled.` : "");
    } catch (error) {
      this.clear();
      this.#view.remark(`The upload has stopped, but batch #${run.batch.id} is still open: ${error.message}`);
    }
  }

  #free() {
    if (this.#run) this.#view.remark("Wait until this upload is done: one folder at a time.");
    return !this.#run;
  }

  #offer({ folder, found, unreadable }) {
    const sieved = sieve(found, this.#limits.file);
    this.#walk = null;
    this.#found = { folder, ...sieved, refused: [...unreadable, ...sieved.refused] };
    this.#view.refused(this.#found.refused);
    this.#view.ready(sieved, (folder || `Scans of ${new Date().toISOString().slice(0, 10)}`).slice(0, 200));
    if (!sieved.files.length) this.#view.remark("There is no file to upload in this folder.");
  }

  #begin(files, request) {
    const run = new Run(this.#api, files, request, this.#limits.request, () => this.#changed(run));
    this.#run = run;
    this.#view.panel("running");
    this.#changed(run);
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#tick(), REFRESH_MS);
    run.start().then(
      () => this.#finish(run),
      (error) => {
        if (!(error instanceof CancelledError)) throw error;
      },
    );
  }

  #changed(run) {
    if (run !== this.#run) return;
    if (run.state !== "sending") this.#pace.reset();
    this.#view.run(run);
    this.#tick();
    this.#announce(run);
  }

  #tick() {
    const { tally, brake } = this.#run;
    this.#pace.note(performance.now() / 1000, tally.fraction, tally.bytesNow);
    this.#view.figures(this.#run, this.#pace);
    this.#view.refused([...this.#found.refused, ...tally.refused]);
    if (brake.state === "away") this.#view.trouble(this.#run);
  }

  /** Changes of state only, and each once. */
  #announce(run) {
    const words = { sending: "Uploading.", paused: "Paused.", away: "The server does not answer.", stopped: "Stopped." };
    const said = words[run.state];
    if (!said || said === this.#said) return;
    this.#said = said;
    this.#view.say(said);
  }

  #finish(run) {
    if (run !== this.#run) return;
    this.#tick();
    this.#end();
    this.#view.done(run, false);
    this.#view.say(`Uploaded: ${count(run.tally.uploaded + run.tally.known, "file")}.`);
  }

  #end() {
    clearInterval(this.#ticking);
    this.#run = null;
    this.#said = "";
    this.#view.dialog.close();
  }
}
