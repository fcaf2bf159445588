// Mouse, pen and fingers on the picture: drag with the tool, wheel and pinch to zoom, click to choose a region.

const STEP = 1.0015; // zoom for one pixel of the wheel
const LINE = 16; // pixels, where a wheel counts in lines
const STILL = 4; // pixels that a click may stray

export class Pointers {
  constructor(screen, { view, grey, tools, regions }) {
    Object.assign(this, { screen, view, grey, tools, regions });
    this.down = new Map(); // pointer id -> where it was last
    screen.addEventListener("pointerdown", (event) => this.press(event));
    screen.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) screen.addEventListener(end, (event) => this.release(event));
    screen.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    screen.addEventListener("dblclick", () => tools.reset());
  }

  press(event) {
    if (event.button > 1) return;
    if (event.button === 1) event.preventDefault(); // Else the browser begins to scroll by itself.
    if (this.down.size === 0) {
      this.start = { x: event.clientX, y: event.clientY, region: event.target.closest?.(".region")?.dataset.region };
      this.middle = event.button === 1;
      this.strayed = false;
    }
    this.down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.screen.setPointerCapture(event.pointerId);
    this.screen.classList.add("dragging");
  }

  move(event) {
    const last = this.down.get(event.pointerId);
    if (!last) return;
    const here = { x: event.clientX, y: event.clientY };
    if (this.down.size > 1) this.pinch(event.pointerId, last, here);
    else this.drag(last, here);
    this.down.set(event.pointerId, here);
  }

  drag(last, here) {
    this.strayed ||= Math.hypot(here.x - this.start.x, here.y - this.start.y) > STILL;
    if (!this.strayed) return;
    const [dx, dy] = [here.x - last.x, here.y - last.y];
    if (this.tools.current === "window" && !this.middle && !this.tools.moving) this.grey.change(dx, dy);
    else this.view.pan(dx, dy);
  }

  // Two fingers: what was below them stays below them.
  pinch(id, last, here) {
    this.strayed = true;
    const other = [...this.down].find(([key]) => key !== id)[1];
    const apart = (point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
    this.view.zoom(apart(here) / apart(last), (last.x + other.x) / 2, (last.y + other.y) / 2);
    this.view.pan((here.x - last.x) / 2, (here.y - last.y) / 2);
  }

  release(event) {
    if (!this.down.delete(event.pointerId) || this.down.size > 0) return;
    this.screen.classList.remove("dragging");
    if (event.type === "pointerup" && !this.strayed && !this.middle) this.regions.choose(this.start.region ?? null);
  }

  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
    this.view.zoom(STEP ** -pixels, event.clientX, event.clientY);
  }
}
