// Keeps the parts of a page marked `data-live` as they are on the server: polls the address in `data-poll`, which on a
// page without anything else that changes is that of the badge of alerts.
import { update } from "./hold.js";
import { Poll } from "./poll.js";
import { showLocally } from "./times.js";

const connection = document.getElementById("connection");
const polled = document.querySelector("main [data-poll]") ?? document.querySelector("[data-poll]");

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if ([...fresh.querySelectorAll("[data-reload]")].some(isAnotherPage)) return location.reload();
  showLocally(fresh);
  const told = announcement();
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    if (old) update(old, part);
  }
  if (announcement() !== told) document.getElementById("said").textContent = announcement();
}

// Where this changes, more is different than what is polled.
function isAnotherPage(part) {
  const old = document.getElementById(part.id);
  return old !== null && old.dataset.reload !== part.dataset.reload;
}

function announcement() {
  return document.querySelector("[data-announce]")?.dataset.announce ?? "";
}

function say(words) {
  if (connection.textContent !== words) connection.textContent = words;
}

if (polled) new Poll(polled.dataset.poll, show, say);
