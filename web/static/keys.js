// j and k, or the arrows while a row has the focus, go from row to row; Enter opens it, as on any link; ? lists the keys.
import { isSwitchedOff } from "./shortcuts.js";

const dialog = document.getElementById("keys");
const opener = document.getElementById("keys-open");
const STEPS = { j: 1, k: -1 };
const ARROWS = { ArrowDown: 1, ArrowUp: -1 };

function links() {
  return [...document.querySelectorAll("tbody .row-link")];
}

function move(step) {
  const all = links();
  if (!all.length) return;
  const row = document.activeElement.closest("tr");
  const current = all.findIndex((link) => link.closest("tr") === row);
  const next = current < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(current + step, 0), all.length - 1);
  all[next].focus();
  all[next].closest("tr").scrollIntoView({ block: "nearest" });
}

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isSwitchedOff(event)) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const inRow = event.target.closest?.("tbody tr");
  const step = STEPS[event.key] ?? (inRow ? ARROWS[event.key] : undefined);
  if (step) move(step);
  else if (event.key === "?") dialog.showModal();
  else if (event.key === "u" && document.querySelector(".worklist, .batch")) location.assign(document.querySelector(".brand").href);
  else return;
  event.preventDefault();
});

opener.hidden = false;
opener.addEventListener("click", () => dialog.showModal());
