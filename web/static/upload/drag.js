// Dragging something over the page: anywhere on it is the right place.

/** `show(true)` while files are over the page; `drop(transfer)` when they are let go, inside the event. */
export function watchDrags(show, drop) {
  let depth = 0; // enter and leave come for every element on the way
  const ours = (event) => event.dataTransfer?.types.includes("Files");
  const over = (change) => (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    show(depth > 0);
  };
  window.addEventListener("dragenter", over(1));
  window.addEventListener("dragleave", over(-1));
  window.addEventListener("dragover", (event) => {
    if (ours(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    drop(event.dataTransfer);
  });
}
