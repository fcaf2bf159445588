// How a request may fail.

import { retryAfterSeconds } from "../retry-after.js";

/** The server did not answer, or said that it is busy; `after`: seconds it asks to wait. Try again. */
export class AwayError extends Error {
  constructor(message, after = 0) {
    super(message);
    this.after = after;
  }
}

/** The server refused; the message says why in its own words. */
export class RefusedError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const BUSY = new Set([408, 429, 502, 503, 504]);

/** The error for an answer that is not a success; `text` is its body. */
export function errorFor(status, text, retryAfter) {
  const after = retryAfterSeconds(retryAfter);
  const message = said(text) ?? `The server answered with status ${status}.`;
  return BUSY.has(status) ? new AwayError(message, after) : new RefusedError(status, message);
}

/** What a problem document (RFC 9457) says; null for anything else. */
function said(text) {
  try {
    const { detail, errors = [] } = JSON.parse(text);
    return detail ? [detail, ...errors.map(({ where, message }) => `${where}: ${message}`)].join(" ") : null;
  } catch {
    return null;
  }
}
