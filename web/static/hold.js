// What is polled comes into the page at once, but not under somebody's hand: while the pointer or the focus is inside a
// part marked `data-hold`, nothing in it comes, goes or moves. `data-hold` names what its rows are; where new ones wait,
// a button in #held says so and shows them. Without a name the part just waits until it is left.
import { keepingFocus } from "./focus.js";
import { morph } from "./morph.js";

const GRACE = 1000; // ms on the way from the part to the button
const held = document.getElementById("held");
const waiting = new Map(); // id of a part -> what it will look like

export function update(part, fresh) {
  if (part.isEqualNode(fresh)) return forget(part);
  if (!isHeld(part) || isSafe(part, fresh)) return apply(part, fresh);
  waiting.set(part.id, fresh);
  if (part.dataset.hold) offer(part, fresh);
}

function apply(part, fresh) {
  forget(part);
  keepingFocus(part, () => morph(part, fresh));
}

function forget(part) {
  waiting.delete(part.id);
  if (part.dataset.hold) held.replaceChildren();
}

function isHeld(part) {
  if (!("hold" in part.dataset)) return false;
  const used = ":hover, :focus-within";
  return part.matches(used) || Boolean(part.dataset.hold && held.matches(used));
}

// With the focus alone inside, words may change: the rows stay where they are, and the focus on what it is on.
function isSafe(part, fresh) {
  return Boolean(part.dataset.hold) && !part.matches(":hover") && rows(part).join() === rows(fresh).join();
}

function rows(part) {
  return [...part.querySelectorAll("li[id], tr[id]")].map((row) => row.id);
}

function offer(part, fresh) {
  const before = rows(part);
  const after = rows(fresh);
  if (before.join() === after.join()) return;
  const count = part.querySelectorAll("[data-row]").length;
  const news = [...fresh.querySelectorAll("[data-row]")].filter((row) => !before.includes(row.id)).length;
  const words = news && count ? `${news} new ${part.dataset.hold}${news === 1 ? "" : "s"}` : "Show changes";
  if (held.textContent === words) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: words });
  button.addEventListener("click", () => reveal(part));
  held.replaceChildren(button);
}

// The reader asked for it: the focus goes where the news are.
function reveal(part) {
  const fresh = waiting.get(part.id);
  if (fresh) apply(part, fresh);
  part.querySelector(".row-link")?.focus();
}

function leave(part) {
  setTimeout(() => {
    const fresh = waiting.get(part.id);
    if (fresh && !isHeld(part)) apply(part, fresh);
  }, GRACE);
}

for (const part of document.querySelectorAll("[data-hold]")) {
  for (const place of [part, ...(part.dataset.hold ? [held] : [])]) {
    place.addEventListener("pointerleave", () => leave(part));
    place.addEventListener("focusout", () => leave(part));
  }
}
