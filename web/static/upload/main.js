// The upload on the batches page: connects what is on the page with what it does.

import { Api } from "./api.js";
import { watchDrags } from "./drag.js";
import { Upload } from "./upload.js";
import { View } from "./view.js";

function wire(root) {
  const view = new View(root);
  if (!globalThis.crypto?.subtle) {
    view.panel("insecure");
    return;
  }
  view.offerFolders("webkitdirectory" in HTMLInputElement.prototype);
  const { root: path, maxFileBytes, maxRequestFiles } = root.dataset;
  const limits = { file: Number(maxFileBytes), request: Number(maxRequestFiles) };
  const upload = new Upload(view, new Api(path), limits);
  for (const name of ["clear", "again", "pause", "go", "ask"]) view.on(name, () => upload[name]());
  view.on("stay", () => view.dialog.close());
  view.on("keep", () => upload.stop("closeBatch"));
  view.on("discard", () => upload.stop("cancelBatch"));
  chooseBy(view, "choose-folder", root.querySelector("#upload-folder"), upload);
  chooseBy(view, "choose-files", root.querySelector("#upload-files"), upload);
  root.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    upload.start(new FormData(event.target));
  });
  watchDrags((on) => view.dragging(on), (transfer) => upload.take(transfer));
  window.addEventListener("online", () => upload.online());
  window.addEventListener("beforeunload", (event) => {
    if (upload.busy) event.preventDefault();
  });
  view.panel("idle");
}

function chooseBy(view, button, input, upload) {
  view.on(button, () => input.click());
  input.addEventListener("change", () => upload.takeChosen(input));
}

const root = document.getElementById("upload");
if (root) wire(root);
