// A part of the page changes, and the focus stays with what it was on. Where that is gone it goes to the heading of its
// row, of the row in its place, or of the page: never to something that acts.

export function keepingFocus(part, change) {
  const focused = document.activeElement;
  if (!part.contains(focused)) return change();
  const row = focused.closest("li[id], tr[id]");
  const place = row ? [...row.parentNode.children].indexOf(row) : -1;
  change();
  if (document.activeElement === focused) return;
  const heir = focused.isConnected ? focused : headingOf(part, row, place);
  heir?.focus({ preventScroll: true });
}

function headingOf(part, row, place) {
  const now = row?.isConnected ? row : inPlace(part, place);
  return now?.querySelector(".row-link") ?? title();
}

function inPlace(part, place) {
  const rows = [...part.querySelectorAll(".row-link")].map((link) => link.closest("li[id], tr[id]"));
  return place < 0 ? null : rows[Math.min(place, rows.length - 1)];
}

function title() {
  const heading = document.querySelector("main h1");
  if (heading) heading.tabIndex = -1;
  return heading;
}
