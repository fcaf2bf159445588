// A scan without a result yet: ask now and then, and load the page anew when something has changed.

const PAUSES = [1000, 2000, 3000, 5000]; // ms; the last goes on
const notice = document.getElementById("unfinished");
let asked = 0;

async function ask() {
  if (!document.hidden && (await hasChanged())) location.reload();
  else setTimeout(ask, PAUSES[Math.min(asked++, PAUSES.length - 1)]);
}

async function hasChanged() {
  try {
    const answer = await fetch(`/api/v1/scans/${notice.dataset.scan}`, { cache: "no-store" });
    return answer.ok && (await answer.json()).state !== notice.dataset.state;
  } catch {
    return false; // The server is away for a moment: ask again later.
  }
}

setTimeout(ask, PAUSES[0]);
