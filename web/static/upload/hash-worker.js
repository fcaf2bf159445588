// Hashes a group of files outside the page's thread. Groups wait for each other: memory holds one at a time.

import { sha256 } from "./key.js";

let before = Promise.resolve();

async function hashed(file) {
  try {
    return { sha256: await sha256(await file.arrayBuffer()) };
  } catch (error) {
    return { reason: unreadable(error) };
  }
}

function unreadable(error) {
  if (error instanceof RangeError) return "The file is too large for the memory of this browser.";
  return "The file cannot be read: it was changed, moved or deleted since it was chosen.";
}

self.addEventListener("message", ({ data: { id, files } }) => {
  before = before.then(async () => {
    self.postMessage({ id, outcomes: await Promise.all(files.map(hashed)) });
  });
});
