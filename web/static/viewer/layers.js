// What lies on the original: outlines with their labels, and the heat map.

export class Layers {
  constructor(root) {
    this.buttons = new Map([...root.querySelectorAll("[data-layer]")].map((button) => [button.dataset.layer, button]));
    this.heat = root.querySelector("#heat");
    this.drawn = root.querySelectorAll("#outlines, #labels");
    this.slider = root.querySelector("#opacity");
    this.on = { outlines: true, heat: false };
    for (const [name, button] of this.buttons) button.addEventListener("click", () => this.press(name));
    this.slider?.addEventListener("input", () => {
      this.on.heat = true;
      this.show();
    });
    this.show();
  }

  // Original takes all else away; the others go on and off by themselves.
  press(name) {
    if (!this.buttons.has(name)) return;
    if (name === "original") this.on = { outlines: false, heat: false };
    else this.on[name] = !this.on[name];
    this.show();
  }

  show() {
    for (const group of this.drawn) group.toggleAttribute("hidden", !this.on.outlines);
    if (this.heat) this.showHeat();
    const pressed = { ...this.on, original: !this.on.outlines && !this.on.heat };
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", String(pressed[name]));
  }

  // The heat map is fetched when it is first asked for.
  showHeat() {
    if (this.on.heat && !this.heat.hasAttribute("href")) this.heat.setAttribute("href", this.heat.dataset.href);
    this.heat.toggleAttribute("hidden", !this.on.heat);
    this.heat.setAttribute("opacity", this.slider.value / 100);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} %`);
  }
}
