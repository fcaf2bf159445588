// Which of the files found are sent: the rest is left out, or refused before a byte of it travels.

import { bytes } from "./words.js";

const CLUTTER = new Set(["thumbs.db", "desktop.ini", "__macosx"]);
const MAX_PATH_CHARS = 1024;
const MAX_PATH_BYTES = 2000;
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Files and folders that the system made, not the user. */
export function isClutter(path) {
  return path.split("/").some((part) => part.startsWith(".") || CLUTTER.has(part.toLowerCase()));
}

/** Why the server would not take a file of this path and size in bytes; null where it would. */
export function objection(path, size, maxFileBytes) {
  if (size > maxFileBytes) return `${bytes(size)} is over the limit of ${bytes(maxFileBytes)} a file.`;
  if (CONTROL.test(path)) return "The path has a control character or is not valid Unicode.";
  if (path.includes("\\") || /^[A-Za-z]:/.test(path)) return "The path has a backslash or a drive letter.";
  if ([...path].length > MAX_PATH_CHARS) return `The path is longer than ${MAX_PATH_CHARS} characters.`;
  if (new TextEncoder().encode(path).length > MAX_PATH_BYTES) return `The path is longer than ${MAX_PATH_BYTES} bytes.`;
  return null;
}

/** The files to send in the order of their paths, those refused with the reason, and how many were left out. */
export function sieve(found, maxFileBytes) {
  const files = [];
  const refused = [];
  let clutter = 0;
  for (const { path, file } of found) {
    const reason = isClutter(path) ? null : objection(path, file.size, maxFileBytes);
    if (isClutter(path)) clutter += 1;
    else if (reason) refused.push({ path, reason });
    else files.push({ path, file, size: file.size });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files, refused, clutter };
}
