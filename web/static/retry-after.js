// The rule for Retry-After that everything here follows: seconds count; a date, or nothing, asks for no certain wait.
export function retryAfterSeconds(header) {
  return /^\d+$/.test(header ?? "") ? Number(header) : 0;
}
