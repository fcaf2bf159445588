// Asks an address again and again, as often as its Retry-After says. Rests while the tab is hidden and asks at once when
// somebody comes back to it; backs off while the server is away, and stops when it says that there is nothing more.
import { retryAfterSeconds } from "./retry-after.js";

const LEAST = 1; // seconds, whatever the server says
const FIRST = 2;
const USUAL = 20; // where the server does not say
const LONGEST = 30;
const PATIENCE = 20;

class Gone extends Error {}

export class Poll {
  #address;
  #show;
  #say;
  #etag = "";
  #failures = 0;
  #timer = 0;
  #asking = false;

  /** `show(text)` gets what is new; `say(words)` what goes wrong, and "" when it is over. */
  constructor(address, show, say) {
    this.#address = address;
    this.#show = show;
    this.#say = say;
    document.addEventListener("visibilitychange", () => this.#look());
    this.#later(FIRST);
  }

  #later(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), 1000 * seconds);
  }

  async #look() {
    if (document.hidden || this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    try {
      const wait = await this.#ask();
      this.#failures = 0;
      this.#say("");
      this.#later(Math.max(LEAST, wait || USUAL));
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#asking = false;
    }
  }

  #failed(error) {
    if (error instanceof Gone) return this.#say(error.message);
    this.#say("Connection lost, trying again.");
    const pause = Math.min(FIRST * 2 ** this.#failures, LONGEST);
    this.#failures += 1;
    this.#later(Math.max(error.wait ?? 0, pause));
  }

  // The seconds until the next look.
  async #ask() {
    const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
    const answer = await fetch(this.#address, { headers, cache: "no-store", signal: AbortSignal.timeout(1000 * PATIENCE) });
    const wait = retryAfterSeconds(answer.headers.get("Retry-After"));
    if (answer.redirected || answer.status === 401 || answer.status === 403) {
      throw new Gone("Your login has ended. Reload the page to log in again.");
    }
    if (answer.status === 404) throw new Gone("This page is no longer there.");
    if (answer.status === 304) return wait;
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { wait });
    this.#show(await answer.text());
    this.#etag = answer.headers.get("ETag") ?? "";
    return wait;
  }
}
