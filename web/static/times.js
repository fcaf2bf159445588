// Times come in UTC; a reader thinks in the time of the clock on the wall. Today "09:06", on other days
// "2026-11-22 09:06", whatever the language; to the second where `data-seconds` asks for it.
const two = (number) => String(number).padStart(2, "0");

export function clock(when, seconds = false, now = new Date()) {
  const parts = [when.getHours(), when.getMinutes(), ...(seconds ? [when.getSeconds()] : [])];
  const time = parts.map(two).join(":");
  if (when.toDateString() === now.toDateString()) return time;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${time}`;
}

export function showLocally(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const when = new Date(element.dateTime);
    element.textContent = clock(when, "seconds" in element.dataset);
    element.title = when.toISOString().replace("T", " ").slice(0, 19) + " UTC";
  }
}

showLocally(document);
