// What was dropped or chosen, as a list of files with their paths inside the folder.

/**
 * The files of a drop. Call it inside the drop event: the items are gone after that.
 * Resolves to { folder, found: [{ path, file }], unreadable: [{ path, reason }] }; folder is "" where several things
 * were dropped. `report` gets (files, bytes) while the walk goes on; `signal` ends it with an AbortError.
 */
export function dropped(transfer, report, signal) {
  const entries = [];
  const loose = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    if (entry) entries.push(entry);
    else if (item.getAsFile()) loose.push(item.getAsFile());
  }
  return collect(entries, loose, report, signal);
}

/** The files of a file input, in the same form. */
export function chosen(input) {
  const files = [...input.files];
  const tops = new Set(files.map((file) => file.webkitRelativePath.split("/")[0]));
  const folder = input.webkitdirectory && tops.size === 1 ? [...tops][0] : "";
  const found = files.map((file) => ({ path: inside(file.webkitRelativePath || file.name, folder), file }));
  return { folder, found, unreadable: [] };
}

async function collect(entries, loose, report, signal) {
  const folder = entries.length === 1 && !loose.length && entries[0].isDirectory ? entries[0].name : "";
  const found = loose.map((file) => ({ path: file.name, file }));
  const unreadable = [];
  let bytes = 0;
  const waiting = [...entries];
  while (waiting.length) {
    signal.throwIfAborted();
    const part = waiting.splice(-100);
    for (const outcome of await Promise.all(part.map((entry) => open(entry, folder)))) {
      for (const entry of outcome.entries ?? []) waiting.push(entry);
      if (outcome.reason) unreadable.push(outcome);
      if (!outcome.file) continue;
      found.push(outcome);
      bytes += outcome.file.size;
    }
    report(found.length, bytes);
  }
  return { folder, found, unreadable };
}

async function open(entry, folder) {
  const path = inside(entry.fullPath.replace(/^\//, ""), folder);
  try {
    if (entry.isDirectory) return { entries: await listed(entry.createReader()) };
    return { path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) };
  } catch {
    const what = entry.isDirectory ? "folder" : "file";
    return { path, reason: `The ${what} cannot be read; check its permissions.` };
  }
}

/** readEntries gives 100 at a time, and an empty list at the end. */
async function listed(reader) {
  const entries = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return entries;
    for (const entry of part) entries.push(entry);
  }
}

function inside(path, folder) {
  return folder && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}
