// Figures as people read them. 1 MB is 2**20 bytes, as in the server's settings.

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

export function bytes(number) {
  let unit = 0;
  let value = number;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return count(number, "byte");
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** A time that is only known roughly, rounded up so that it is not too short. */
export function about(seconds) {
  if (seconds < 10) return "a few seconds";
  if (seconds < 60) return `about ${Math.ceil(seconds / 10) * 10} s`;
  if (seconds < 3600) return `about ${Math.ceil(seconds / 60)} min`;
  return `about ${(Math.ceil(seconds / 360) / 10).toLocaleString("en")} h`;
}
