// What has become of the files so far.

const FILE_WEIGHT = 4096; // a file costs something even where it has few bytes

export class Tally {
  done = 0;
  doneBytes = 0;
  uploaded = 0;
  known = 0;
  refused = [];
  #flying = new Map();

  constructor(files) {
    this.files = files.length;
    this.bytes = files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes that are through or on their way. */
  get bytesNow() {
    return Math.min(this.bytes, this.doneBytes + [...this.#flying.values()].reduce((sum, size) => sum + size, 0));
  }

  /** How much is through, in 0..1. */
  get fraction() {
    const all = this.bytes + FILE_WEIGHT * this.files;
    return all ? (this.bytesNow + FILE_WEIGHT * this.done) / all : 1;
  }

  /** `sent` bytes of a request that runs; `request` is any key for it. */
  flying(request, sent) {
    this.#flying.set(request, sent);
  }

  /** The request has ended, with or without success. */
  landed(request) {
    this.#flying.delete(request);
  }

  /** One file is through; `how`: "uploaded" or "known". */
  add(file, how) {
    this.#settle(file);
    this[how] += 1;
  }

  refuse(file, reason) {
    this.#settle(file);
    file.refused = true;
    this.refused.push({ path: file.path, reason });
  }

  #settle(file) {
    file.settled = true;
    this.done += 1;
    this.doneBytes += file.size;
  }
}
