// Times come in UTC; a reader thinks in the time of the clock on the wall.
const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const other = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function showLocally(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const when = new Date(element.dateTime);
    const format = when.toDateString() === new Date().toDateString() ? today : other;
    element.textContent = format.format(when);
    element.title = when.toISOString().replace("T", " ").slice(0, 19) + " UTC";
  }
}

showLocally(document);
