// The client key: the same folder, chosen again, goes on with the same open batch. Another folder must never get into
// it: exports of two patients often have the same names, and files of the same size.

const SAMPLED_FILES = 16;
const SAMPLE_BYTES = 64 * 1024; // holds the header of a DICOM file, and with it whose it is

/** The SHA-256 of an ArrayBuffer or typed array, in hexadecimal. */
export async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A hash of priority, folder name, every file's path, size and time, and samples of the content of some. Names may name
 * patients, so none is in it. `files`: [{ path, size, file }] in the order of their paths.
 */
export async function clientKey(folder, priority, files) {
  const lines = files.map(({ path, size, file }) => `${path}\0${size}\0${file.lastModified}`);
  const step = Math.max(1, Math.ceil(files.length / SAMPLED_FILES));
  const samples = await Promise.all(files.filter((_, index) => index % step === 0).map(sample));
  return sha256(new TextEncoder().encode(["browser", priority, folder, ...lines, ...samples].join("\n")));
}

async function sample({ file }) {
  try {
    return await sha256(await file.slice(0, SAMPLE_BYTES).arrayBuffer());
  } catch {
    return "unreadable"; // refused when its turn comes
  }
}
