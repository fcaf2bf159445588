// j, k and the arrows lead to the scans before and after in the worklist, u back to it; a goes to what acknowledges.

import { isSwitchedOff } from "../shortcuts.js";

const WAYS = { j: "next", ArrowRight: "next", k: "prev", ArrowLeft: "prev", u: "up" };

// Follow a key to its scan; other keys, and keys at an end of the worklist, do nothing.
export function step(event) {
  const link = document.querySelector(`a[rel="${WAYS[event.key] ?? "none"}"]`);
  if (link) location.assign(link.href);
  else if (event.key === "a") document.querySelector("#told button")?.focus();
}

if (!document.getElementById("screen")) {
  document.addEventListener("keydown", (event) => {
    const taken = event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog");
    if (!taken && !isSwitchedOff(event)) step(event);
  });
}
