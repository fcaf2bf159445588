// Keeps the parts of a page marked `data-live` as they are on the server: polls the address in `data-poll` as often as
// Retry-After says, until an answer carries none. Rests while the tab is hidden, and backs off while the server is away.
import { morph } from "./morph.js";
import { showLocally } from "./times.js";

const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30000;
const PATIENCE = 20000;

const root = document.querySelector("[data-poll]");
const connection = document.getElementById("connection");
let etag = "";
let failures = 0;
let timer = 0;
let asking = false;

class Gone extends Error {}

async function look() {
  if (document.hidden || asking) return;
  asking = true;
  let wait = null;
  try {
    wait = await ask();
    failures = 0;
    say("");
  } catch (error) {
    failures += 1;
    if (error instanceof Gone) return say(error.message);
    say("Connection lost, trying again.");
    wait = Math.max(error.retryAfter ?? 0, Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT));
  } finally {
    asking = false;
  }
  if (wait === null) finish();
  else timer = setTimeout(look, wait);
}

// The milliseconds until the next look, or null when nothing will change any more.
async function ask() {
  const headers = etag ? { "If-None-Match": etag } : {};
  const answer = await fetch(root.dataset.poll, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  const seconds = answer.headers.get("Retry-After");
  const retryAfter = seconds === null ? null : Number(seconds) * 1000;
  if (answer.redirected || answer.status === 401 || answer.status === 403) {
    throw new Gone("Your login has ended. Reload the page to log in again.");
  }
  if (answer.status === 404) throw new Gone("This page is no longer there.");
  if (answer.status === 304) return retryAfter;
  if (!answer.ok) throw Object.assign(new Error(answer.statusText), { retryAfter });
  show(await answer.text());
  etag = answer.headers.get("ETag") ?? "";
  return retryAfter;
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  showLocally(fresh);
  const focused = document.activeElement;
  const row = focused?.closest("tr");
  const place = row ? [...row.parentNode.children].indexOf(row) : -1;
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (old) morph(old, part);
  }
  refocus(focused, place);
}

// A row that moved has lost the focus; where it is gone, the one in its place gets it.
function refocus(focused, place) {
  if (document.activeElement === focused) return;
  const rows = root.querySelectorAll("tbody tr");
  const heir = focused.isConnected ? focused : place >= 0 && rows[Math.min(place, rows.length - 1)]?.querySelector(".row-link");
  if (heir) heir.focus({ preventScroll: true });
}

function finish() {
  const told = root.querySelector("[data-announce]");
  const said = document.getElementById("said");
  if (told && said) said.textContent = told.dataset.announce;
}

function say(text) {
  if (connection.textContent !== text) connection.textContent = text;
}

if (root) {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) look();
  });
  timer = setTimeout(look, FIRST_WAIT);
}
