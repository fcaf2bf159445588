// The client key: the same folder, chosen again, goes on with the same open batch.

/** The SHA-256 of an ArrayBuffer or typed array, in hexadecimal. */
export async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A hash of priority, folder name, and every file's path and size: names may name patients, so none is in it. */
export async function clientKey(folder, priority, files) {
  const lines = files.map(({ path, size }) => `${path}\0${size}`).sort();
  return sha256(new TextEncoder().encode(["browser", priority, folder, ...lines].join("\n")));
}
