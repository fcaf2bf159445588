// Brings the page of one scan to life. Without this the picture with its outlines and the table are there already.

import { GreyWindow } from "./grey.js";
import { bindKeys } from "./keys.js";
import { Labels } from "./labels.js";
import { Layers } from "./layers.js";
import { Pointers } from "./pointers.js";
import { Regions } from "./regions.js";
import { Tools } from "./tools.js";
import { View } from "./view.js";

const root = document.getElementById("main");
const screen = root.querySelector("#screen");
const base = root.querySelector("#base");

const view = new View(root.querySelector("#picture"));
const grey = new GreyWindow(base, root.querySelector("#window"));
const layers = new Layers(root);
const tools = new Tools(root, view, grey);
const regions = new Regions(root, view, new Labels(root.querySelector("#labels"), view));
new Pointers(screen, { view, grey, tools, regions });
bindKeys({ screen, view, grey, layers, tools, regions });

for (const picture of root.querySelectorAll("#base, #heat")) {
  picture.addEventListener("error", () => root.querySelector("#lost").removeAttribute("hidden"));
}
