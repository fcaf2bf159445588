// Regions: what is near or chosen in the picture is so in the table, and the other way round.

export class Regions {
  constructor(root, view, labels) {
    this.root = root;
    this.view = view;
    this.labels = labels;
    this.chosen = null;
    this.candidates = root.querySelector("#candidates");
    this.bounds = new Map(labels.labels.map(({ node, bounds }) => [node.dataset.region, bounds]));
    this.candidates?.addEventListener("toggle", () => this.showCandidates());
    for (const row of root.querySelectorAll("tr[data-region]")) this.bindRow(row);
    for (const shape of root.querySelectorAll(".region")) this.bindNear(shape);
    this.showCandidates();
  }

  bindRow(row) {
    const button = row.querySelector(".region-number");
    button.disabled = false;
    this.bindNear(row);
    row.addEventListener("focusin", () => this.mark("near", row.dataset.region));
    row.addEventListener("focusout", () => this.mark("near", null));
    row.addEventListener("click", (event) => {
      if (!event.target.closest("details")) this.toggle(row.dataset.region);
    });
  }

  bindNear(element) {
    element.addEventListener("pointerenter", () => this.mark("near", element.dataset.region));
    element.addEventListener("pointerleave", () => this.mark("near", null));
  }

  // From the table: zoom to the region, and out again.
  toggle(number) {
    if (this.chosen === number) {
      this.choose(null);
      this.view.fit();
    } else {
      this.choose(number);
      this.view.zoomTo(this.bounds.get(number));
    }
  }

  // From the picture: the row comes into view, where it does not push the picture out of it.
  choose(number) {
    this.chosen = number;
    this.mark("chosen", number);
    for (const row of this.root.querySelectorAll("tr[data-region]")) {
      const isChosen = row.dataset.region === number;
      row.querySelector(".region-number").setAttribute("aria-pressed", String(isChosen));
      if (isChosen && matchMedia("(min-width: 901px)").matches) row.scrollIntoView({ block: "nearest" });
    }
  }

  mark(state, number) {
    for (const element of this.root.querySelectorAll("[data-region]")) {
      element.classList.toggle(state, element.dataset.region === number);
    }
  }

  toggleCandidates() {
    if (this.candidates) this.candidates.open = !this.candidates.open;
  }

  showCandidates() {
    const open = Boolean(this.candidates?.open);
    for (const shape of this.root.querySelectorAll(".region.candidate")) shape.toggleAttribute("hidden", !open);
    const shown = [...this.root.querySelectorAll(".region:not([hidden])")].map((shape) => shape.dataset.region);
    this.labels.show(new Set(shown));
  }
}
