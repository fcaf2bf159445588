// The keyboard. Arrows act on the picture while it has the focus; elsewhere they lead through the worklist.

import { isSwitchedOff } from "../shortcuts.js";
import { step } from "./worklist.js";
import { ZOOM_STEP } from "./tools.js";

const PACE = 40; // pixels that an arrow moves the picture
const GREYS = 5; // that an arrow changes the window
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function bindKeys({ screen, view, grey, layers, tools, regions }) {
  const actions = {
    1: () => layers.press("original"), 2: () => layers.press("outlines"), 3: () => layers.press("heat"),
    p: () => tools.take("pan"), w: () => tools.take("window"),
    "+": () => view.zoom(ZOOM_STEP), "=": () => view.zoom(ZOOM_STEP), "-": () => view.zoom(1 / ZOOM_STEP),
    0: () => view.fit(), r: () => tools.reset(), c: () => regions.toggleCandidates(),
    Escape: () => regions.choose(null), "?": () => tools.help(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const onPicture = event.target === screen;
    if (!onPicture && isSwitchedOff(event)) return;
    if (onPicture && event.key in ARROWS) arrow(...ARROWS[event.key], event.shiftKey ? 4 : 1);
    else if (event.key === " " && (onPicture || event.target === document.body)) tools.hold(true);
    else if (event.key.toLowerCase() in actions) actions[event.key.toLowerCase()]();
    else if (event.key in actions) actions[event.key]();
    else return void step(event);
    event.preventDefault();
  });
  document.addEventListener("keyup", (event) => event.key === " " && tools.hold(false));
  addEventListener("blur", () => tools.hold(false));

  function arrow(x, y, times) {
    if (tools.current === "window") grey.change(x * GREYS * times, y * GREYS * times);
    else view.pan(-x * PACE * times, -y * PACE * times);
  }
}

// Keys that a form field or an open dialog needs itself.
function isTaken(event) {
  return event.target.closest("input, select, textarea, dialog") !== null;
}
