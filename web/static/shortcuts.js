// Who speaks to the computer, or hits keys by accident, can switch single keys off (WCAG 2.1.4). Kept in this browser.
const KEY = "single-keys";
const box = document.getElementById("single-keys");

/** Whether the key of this event is a character of its own, and those are switched off. */
export function isSwitchedOff(event) {
  return event.key.length === 1 && event.key !== " " && stored() === "off";
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return box && !box.checked ? "off" : null; // Storage may be forbidden: for this page only then.
  }
}

function store() {
  try {
    localStorage.setItem(KEY, box.checked ? "on" : "off");
  } catch {
    // Chosen for this page only.
  }
}

if (box) {
  box.checked = stored() !== "off";
  box.addEventListener("change", store);
}
