// Where the steps of an upload wait: the user paused it, the server refused a step, or the server is away.

import { AwayError } from "./errors.js";

const FIRST_PAUSE = 0.5;
const LONGEST_PAUSE = 15;

/** Ends the requests that run when the brake is pulled. */
export class HeldError extends Error {}

/** Ends the upload. */
export class CancelledError extends Error {}

export class Brake {
  /** What the last step failed with; null once a step has worked. */
  error = null;
  /** When the next try is due while the server is away, in milliseconds as Date.now() has them. */
  retryAt = 0;
  #held = null; // null | "paused" | "stopped" | "cancelled"
  #pause = FIRST_PAUSE;
  #requests = new AbortController();
  #wake = () => {};
  #changed;
  #report;

  /** `report` is called after each change of `state`. */
  constructor(report) {
    this.#report = report;
    this.#renew();
  }

  /** running | away | paused | stopped | cancelled */
  get state() {
    return this.#held ?? (this.error ? "away" : "running");
  }

  pause() {
    if (!this.#held) this.#hold("paused");
  }

  cancel() {
    this.#hold("cancelled");
  }

  /** Go on after a pause or a refusal, and at once where the server was away. */
  go() {
    if (this.#held === "cancelled") return;
    this.#requests = this.#held ? new AbortController() : this.#requests;
    if (this.#held === "stopped") this.error = null;
    this.#held = null;
    this.retryAt = 0;
    this.#renew();
  }

  /** Does `step(signal)` until it works; rejects with CancelledError. */
  async persist(step) {
    for (;;) {
      await this.#released();
      try {
        const answer = await step(this.#requests.signal);
        this.#well();
        return answer;
      } catch (error) {
        if (error instanceof AwayError) this.#away(error);
        else if (!(error instanceof HeldError)) this.#stop(error);
      }
    }
  }

  async #released() {
    for (;;) {
      if (this.#held === "cancelled") throw new CancelledError();
      const left = this.retryAt - Date.now();
      if (!this.#held && left <= 0) return;
      const timer = this.#held ? new Promise(() => {}) : new Promise((resolve) => setTimeout(resolve, left));
      await Promise.race([this.#changed, timer]);
    }
  }

  #hold(how) {
    this.#held = how;
    this.#requests.abort(new HeldError(how));
    this.#renew();
  }

  #stop(error) {
    if (this.#held) return;
    this.error = error;
    this.#hold("stopped");
  }

  /** Steps that run beside each other fail together: that is one failure. */
  #away(error) {
    if (this.#held || this.retryAt > Date.now()) return;
    const pause = Math.max(error.after, this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    this.retryAt = Date.now() + 1000 * pause;
    this.error = error;
    this.#renew();
  }

  #well() {
    this.#pause = FIRST_PAUSE;
    if (!this.error || this.#held) return;
    this.error = null;
    this.retryAt = 0;
    this.#renew();
  }

  #renew() {
    this.#wake();
    this.#changed = new Promise((resolve) => {
      this.#wake = resolve;
    });
    this.#report();
  }
}
