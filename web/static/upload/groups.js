// Files cut into groups, each of which is one request.

export const GROUP_FILES = 64;
export const GROUP_BYTES = 16 * 2 ** 20;

/** Files in order, in groups of at most `maxFiles` and, but for a single large file, `maxBytes`. */
export function groups(files, maxFiles = GROUP_FILES, maxBytes = GROUP_BYTES) {
  const cut = [];
  let group = [];
  let size = 0;
  for (const file of files) {
    if (group.length && (group.length === maxFiles || size + file.size > maxBytes)) {
      cut.push(group);
      group = [];
      size = 0;
    }
    group.push(file);
    size += file.size;
  }
  if (group.length) cut.push(group);
  return cut;
}
