// How fast it goes, from the last seconds only, and how long the rest takes at that pace.

const WINDOW_SECONDS = 20;
const LEAST_SECONDS = 3;

export class Pace {
  #samples = [];

  /** Forget: the time before says nothing about the time to come. */
  reset() {
    this.#samples = [];
  }

  /** Note how much is through at `seconds`: `fraction` in 0..1 of everything, `bytes` in all. */
  note(seconds, fraction, bytes) {
    this.#samples.push({ seconds, fraction, bytes });
    while (this.#samples[1] && this.#samples[1].seconds <= seconds - WINDOW_SECONDS) this.#samples.shift();
  }

  /** Bytes a second; null while it is too early to tell, or nothing moves. */
  get rate() {
    return this.#perSecond("bytes");
  }

  /** Seconds that the rest takes; null where nobody can tell. */
  get secondsLeft() {
    const perSecond = this.#perSecond("fraction");
    return perSecond ? (1 - this.#samples.at(-1).fraction) / perSecond : null;
  }

  #perSecond(what) {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || last.seconds - first.seconds < LEAST_SECONDS || last[what] <= first[what]) return null;
    return (last[what] - first[what]) / (last.seconds - first.seconds);
  }
}
