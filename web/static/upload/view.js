// What the reader sees. Each method shows one state; nothing here decides anything.

import { about, bytes, count } from "./words.js";

const SHOWN_REFUSALS = 100;
const OPEN_REFUSALS = 5; // a short list needs no click
const STATES = {
  starting: "starting",
  sending: "uploading",
  closing: "finishing",
  paused: "paused",
  away: "waiting for the server",
  stopped: "stopped",
  cancelled: "stopping",
};

export class View {
  #refusals = 0;

  constructor(root) {
    this.root = root;
    this.dialog = root.querySelector("dialog");
    this.name = root.querySelector("#upload-name");
    // The overlay covers the page, so it must not lie inside a part of it that may be cut off.
    this.dropArea = this.#show("drop");
    document.body.append(this.dropArea);
  }

  /** Call `act` on a click on the buttons of that name. */
  on(name, act) {
    for (const button of this.root.querySelectorAll(`[data-do="${name}"]`)) button.addEventListener("click", act);
  }

  /** Phones choose files only. */
  offerFolders(can) {
    this.#do("choose-folder").hidden = !can;
  }

  panel(name) {
    this.#keepFocus(() => {
      for (const panel of this.root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
    });
    this.remark("");
  }

  /** One sentence that is shown, and read out once. */
  remark(text) {
    this.#text("remark", text);
    this.#show("remark").hidden = !text;
  }

  /** One sentence that is read out only. */
  say(text) {
    this.#text("said", text);
  }

  dragging(on) {
    this.dropArea.hidden = !on;
  }

  walked(files, size) {
    this.#text("walked", `${count(files, "file")}, ${bytes(size)}`);
  }

  ready({ files, clutter }, name) {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    this.#text("found", `${count(files.length, "file")}, ${bytes(size)}`);
    this.#text("left-out", clutter ? `left out: ${count(clutter, "hidden or system file")}` : "");
    this.name.value = name;
    this.root.querySelector("form [type='submit']").disabled = !files.length;
    this.panel("ready");
    this.name.select();
    this.name.focus();
  }

  /** The files that will not be submitted, the first of many by name. */
  refused(list) {
    if (list.length === this.#refusals) return;
    const details = this.#show("refused");
    if (!this.#refusals) details.open = list.length <= OPEN_REFUSALS;
    this.#refusals = list.length;
    details.hidden = !list.length;
    details.querySelector("summary").textContent = `${count(list.length, "file")} not taken`;
    const rows = list.slice(0, SHOWN_REFUSALS).map(refusal);
    if (list.length > SHOWN_REFUSALS) rows.push(item(`... and ${(list.length - SHOWN_REFUSALS).toLocaleString("en")} more`));
    details.querySelector("ul").replaceChildren(...rows);
  }

  /** The state of a run and the buttons that go with it. */
  run(run) {
    const { state, batch } = run;
    this.root.dataset.state = state;
    const urgent = run.batch?.priority === "urgent" ? ", urgent" : "";
    this.#text("name", batch?.name ?? run.request.name);
    this.#text("state", `${batch ? `batch #${batch.id}${urgent}, ` : ""}${STATES[state] ?? state}`);
    const status = state === "stopped" ? (run.brake.error.status ?? 0) : null;
    this.#only({
      pause: ["starting", "sending", "closing", "away"].includes(state),
      go: state === "paused" || state === "away" || (state === "stopped" && status !== 409),
      again: status === 409,
      ask: state !== "closing" && state !== "cancelled",
    });
    this.#show("login").hidden = status !== 401;
    this.#do("go").textContent = state === "away" ? "Try now" : state === "stopped" ? "Try again" : "Go on";
    this.trouble(run);
  }

  /** What holds the run up, and what to do about it. */
  trouble({ state, brake }) {
    const text = state === "away" || state === "stopped" ? plight(state, brake) : "";
    this.#text("trouble", text);
    this.#show("trouble").hidden = !text;
  }

  /** The figures of a run that goes on. */
  figures({ tally, state, before }, pace) {
    this.#show("bar").value = tally.fraction;
    this.#text("progress", `${tally.done.toLocaleString("en")} of ${count(tally.files, "file")}, ${bytes(tally.bytesNow)} of ${bytes(tally.bytes)}`);
    const moving = state === "sending" && pace.rate;
    const left = pace.secondsLeft === null ? "" : `, ${about(pace.secondsLeft)} left`;
    this.#text("pace", moving ? `${bytes(pace.rate)}/s${left}` : "");
    const already = tally.known ? `${count(tally.known, "file")} the server had already` : "";
    const goingOn = before ? "Going on with an upload that was begun before" : "";
    this.#text("details", [goingOn, already].filter(Boolean).join(". "));
  }

  done(run, stopped) {
    const { tally, batch } = run;
    const taken = stopped ? batch.total : tally.uploaded + tally.known;
    const all = stopped ? `${taken.toLocaleString("en")} of ${count(tally.files, "file")}` : count(taken, "file");
    this.#text("outcome", `${stopped ? "Stopped: " : ""}${all} submitted as batch #${batch.id}.`);
    this.#text("after", `${count(tally.uploaded, "file")} uploaded, ${tally.known.toLocaleString("en")} the server had already. Analysis goes on without this page.`);
    this.#show("link").href = `${this.root.dataset.root}batches/${batch.id}`;
    this.panel("done");
  }

  ask({ tally, batch }) {
    const there = tally.uploaded + tally.known;
    this.#text("so-far", batch ? `${there.toLocaleString("en")} of ${count(tally.files, "file")} are in batch #${batch.id}.` : "Nothing has been sent yet.");
    this.#do("keep").hidden = !batch || !there;
    this.dialog.showModal();
  }

  #only(buttons) {
    this.#keepFocus(() => {
      for (const [name, shown] of Object.entries(buttons)) this.#do(name).hidden = !shown;
    });
  }

  /** Who came by keyboard stays here when the button just pressed goes away. */
  #keepFocus(change) {
    const focused = document.activeElement;
    change();
    if (this.root.contains(focused) && !focused.checkVisibility()) {
      this.root.querySelector("[data-panel]:not([hidden])")?.focus();
    }
  }

  #do(name) {
    return this.root.querySelector(`[data-do="${name}"]`);
  }

  #show(name) {
    return this.root.querySelector(`[data-show="${name}"]`);
  }

  /** Written only where it changes: a live region repeats what is written. */
  #text(name, text) {
    const element = this.#show(name);
    if (element.textContent !== text) element.textContent = text;
  }
}

function plight(state, { error, retryAt }) {
  if (state === "away") {
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    return `${error.message} ${seconds ? `Trying again in ${seconds} s.` : "Trying again."} Nothing is lost.`;
  }
  if (error.status === 401) return "You are no longer logged in. Log in in another tab, then choose Try again here.";
  return `${error.message} What has been sent is kept.`;
}

function refusal({ path, reason }) {
  const name = document.createElement("bdi");
  name.textContent = path;
  const row = item(` ${reason}`);
  row.prepend(name);
  return row;
}

function item(text) {
  const row = document.createElement("li");
  row.textContent = text;
  return row;
}
