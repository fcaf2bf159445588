// Labels keep their size on the screen at any zoom, beside their regions and off each other.

const GAP = 5;
const HEIGHT = 20;
const PADDING = 5;
const SWATCH = 4;

export class Labels {
  constructor(group, view) {
    this.view = view;
    this.labels = [...group.children].map((node) => ({ node, bounds: node.dataset.bounds.split(" ").map(Number), width: 0 }));
    view.addEventListener("change", () => this.place());
  }

  // Show the labels of these regions only.
  show(numbers) {
    for (const { node } of this.labels) node.toggleAttribute("hidden", !numbers.has(node.dataset.region));
    this.place();
  }

  place() {
    const taken = [];
    for (const label of this.labels) {
      if (label.node.hasAttribute("hidden") || !this.measure(label)) continue;
      const box = this.best(label, taken);
      taken.push(box);
      const [x, y] = this.toDrawing(box.x, box.y);
      label.node.setAttribute("transform", `translate(${x} ${y}) scale(${1 / this.view.scale})`);
    }
  }

  // The width of the text, once it can be seen.
  measure(label) {
    const text = label.node.querySelector("text");
    label.width ||= text.getComputedTextLength() && text.getComputedTextLength() + SWATCH + 2 * PADDING;
    size(label.node.querySelector(".plate"), label.width, HEIGHT);
    size(label.node.querySelector(".swatch"), SWATCH, HEIGHT);
    return label.width > 0;
  }

  best(label, taken) {
    const places = this.places(label).map((place) => this.inside(place, label.width));
    const covered = (place) => taken.reduce((sum, other) => sum + overlap(place, other), 0);
    return places.reduce((best, place) => (covered(place) < covered(best) ? place : best));
  }

  // Above, below, right and left of the region.
  places({ bounds: [x0, y0, x1, y1], width }) {
    const [left, top] = this.view.toScreen(x0, y0);
    const [right, bottom] = this.view.toScreen(x1, y1);
    const [x, y] = [(left + right - width) / 2, (top + bottom - HEIGHT) / 2];
    const [above, below] = [top - HEIGHT - GAP, bottom + GAP];
    const beside = [right + GAP, left - width - GAP];
    return [[x, above], [x, below], ...beside.flatMap((side) => [[side, y], [side, above], [side, below]])];
  }

  // A label of a region on the screen does not leave the screen.
  inside([x, y], width) {
    const screen = this.view.svg.getBoundingClientRect();
    const near = (value, most) => (value > -100 && value < most + 100 ? Math.min(Math.max(value, 0), most) : value);
    return { x: near(x, screen.width - width), y: near(y, screen.height - HEIGHT), width };
  }

  toDrawing(x, y) {
    const [left, top] = this.view.toScreen(0, 0);
    return [(x - left) / this.view.scale, (y - top) / this.view.scale];
  }
}

function size(rect, width, height) {
  rect.setAttribute("width", width);
  rect.setAttribute("height", height);
}

function overlap(a, b) {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = HEIGHT - Math.abs(a.y - b.y);
  return Math.max(0, across) * Math.max(0, down);
}
