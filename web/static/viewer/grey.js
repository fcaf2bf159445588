// Window and level: which greys of the picture, 0..255, are spread from black to white.

const WHOLE = 255;

export class GreyWindow extends EventTarget {
  constructor(image, filter) {
    super();
    this.image = image;
    this.curves = filter.querySelectorAll("feFuncR, feFuncG, feFuncB");
    this.reset();
  }

  reset() {
    this.width = WHOLE;
    this.level = WHOLE / 2;
    this.show();
  }

  // Widen by `dx` greys and raise the centre by `dy`.
  change(dx, dy) {
    this.width = Math.min(2 * WHOLE, Math.max(1, this.width + dx));
    this.level = Math.min(WHOLE, Math.max(0, this.level + dy));
    this.show();
  }

  show() {
    const untouched = this.width === WHOLE && this.level === WHOLE / 2;
    const darkest = this.level - this.width / 2;
    for (const curve of this.curves) {
      curve.setAttribute("slope", WHOLE / this.width);
      curve.setAttribute("intercept", -darkest / this.width);
    }
    if (untouched) this.image.removeAttribute("filter");
    else this.image.setAttribute("filter", "url(#window)");
    this.dispatchEvent(new Event("change"));
  }
}
