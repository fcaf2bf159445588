// A multipart form that refers to the files: the browser reads them from disk while it sends.

/** The body as a Blob, with its content type. The path goes percent-encoded into `filename*` (RFC 5987). */
export function form(files) {
  const boundary = `oncoqueue-${crypto.randomUUID()}`;
  const parts = files.flatMap(({ path, file }) => [head(boundary, path), file, "\r\n"]);
  return { type: `multipart/form-data; boundary=${boundary}`, body: new Blob([...parts, `--${boundary}--\r\n`]) };
}

function head(boundary, path) {
  return (
    `--${boundary}\r\n` +
    `Content-Disposition: form-data; name="files"; filename*=UTF-8''${encoded(path)}\r\n` +
    "Content-Type: application/octet-stream\r\n\r\n"
  );
}

/** encodeURIComponent leaves !'()* as they are, which mean something in a header. */
function encoded(path) {
  return encodeURIComponent(path).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
