// The toolbar: what a drag does, zoom buttons, reset, and what the corner of the picture says.

export const ZOOM_STEP = 1.25;

export class Tools {
  constructor(root, view, grey) {
    Object.assign(this, { root, view, grey, current: "pan", moving: false });
    this.screen = root.querySelector("#screen");
    this.buttons = root.querySelectorAll("[data-tool]");
    const actions = { "zoom-in": () => view.zoom(ZOOM_STEP), "zoom-out": () => view.zoom(1 / ZOOM_STEP), fit: () => view.fit(),
      reset: () => this.reset(), help: () => this.help() };
    for (const button of root.querySelectorAll("[data-action]")) button.addEventListener("click", actions[button.dataset.action]);
    for (const button of this.buttons) button.addEventListener("click", () => this.take(button.dataset.tool));
    for (const source of [view, grey]) source.addEventListener("change", () => this.tell());
    root.querySelector(".tools").hidden = false;
    root.querySelector("#readout").hidden = false;
    this.take("pan");
  }

  take(tool) {
    this.current = tool;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.tell();
  }

  // While the space bar is held, a drag moves the picture.
  hold(moving) {
    this.moving = moving;
    this.tell();
  }

  reset() {
    this.grey.reset();
    this.view.fit();
  }

  help() {
    this.root.querySelector("#keys").showModal();
  }

  tell() {
    const classes = { pan: this.current === "pan", window: this.current === "window", moving: this.moving, fits: this.view.fits };
    for (const [name, on] of Object.entries(classes)) this.screen.classList.toggle(name, on);
    this.root.querySelector("#zoom").textContent = `Zoom ${Math.round(100 * this.view.scale)} %`;
    this.root.querySelector("#level").textContent = `Window ${Math.round(this.grey.width)}, level ${Math.round(this.grey.level)}`;
  }
}
