// Which part of the picture is on the screen. One unit of the drawing is one stored pixel, across.

const MOST = 40; // CSS pixels for one unit
const MARGIN = 0.6; // of the screen, around a region that is zoomed to

export class View extends EventTarget {
  constructor(svg) {
    super();
    this.svg = svg;
    this.width = Number(svg.dataset.width);
    this.height = Number(svg.dataset.height);
    this.scale = 1;
    this.fits = true;
    this.fit();
    new ResizeObserver(() => (this.fits ? this.fit() : this.show())).observe(svg);
  }

  // CSS pixels for one unit where the whole picture just fits.
  get fitting() {
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.min(width / this.width, height / this.height) || 1;
  }

  fit() {
    this.scale = this.fitting;
    this.x = this.width / 2;
    this.y = this.height / 2;
    this.show();
  }

  // Zoom by `factor` so that what lies at a point of the window stays there; without one, at the middle.
  zoom(factor, clientX, clientY) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    const dx = (clientX ?? left + width / 2) - left - width / 2;
    const dy = (clientY ?? top + height / 2) - top - height / 2;
    const scale = Math.min(MOST, Math.max(this.fitting, this.scale * factor));
    this.x += dx / this.scale - dx / scale;
    this.y += dy / this.scale - dy / scale;
    this.scale = scale;
    this.show();
  }

  // Move the picture by CSS pixels.
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.show();
  }

  zoomTo([x0, y0, x1, y1]) {
    const { width, height } = this.svg.getBoundingClientRect();
    const room = 1 - MARGIN;
    const scale = Math.min((width * room) / Math.max(x1 - x0, 1), (height * room) / Math.max(y1 - y0, 1));
    this.scale = Math.min(MOST, Math.max(this.fitting, scale));
    this.x = (x0 + x1) / 2;
    this.y = (y0 + y1) / 2;
    this.show();
  }

  // Where a point of the drawing lies, in CSS pixels from the corner of the screen.
  toScreen(x, y) {
    const { width, height } = this.svg.getBoundingClientRect();
    return [(x - this.x) * this.scale + width / 2, (y - this.y) * this.scale + height / 2];
  }

  show() {
    const { width, height } = this.svg.getBoundingClientRect();
    this.fits = this.scale <= this.fitting * 1.001;
    if (this.fits) [this.x, this.y] = [this.width / 2, this.height / 2];
    this.x = Math.min(this.width, Math.max(0, this.x));
    this.y = Math.min(this.height, Math.max(0, this.y));
    const [across, down] = [width / this.scale, height / this.scale];
    this.svg.setAttribute("viewBox", `${this.x - across / 2} ${this.y - down / 2} ${across} ${down}`);
    this.dispatchEvent(new Event("change"));
  }
}
