// The whole run at a glance: how much happened where, what stands out, and a handle that goes through it.

import { element, moment, number, shown, svg } from "./words.js";

const WIDE = 1000;
const HIGH = 100;
const APART = 18; // pixels between two marks
const GRAVE = ["intervention", "failure", "fork", "steering", "said-from-outside"];

export class Scrubber {
  /** `root` holds `.bars` (an SVG), `.marks` and `.handle` (the slider); `taken(seq)` hears where it is taken. */
  constructor(root, { taken }) {
    Object.assign(this, { root, taken });
    this.bars = root.querySelector(".track .bars");
    this.marks = root.querySelector(".marks");
    this.slider = root.querySelector(".track");
    this.head = root.querySelector(".playhead");
    this.ends = root.querySelectorAll(".ends span");
    this.slider.addEventListener("pointerdown", (event) => this.#grab(event));
    this.slider.addEventListener("pointermove", (event) => { if (this.held) this.#to(event); });
    for (const name of ["pointerup", "pointercancel"]) this.slider.addEventListener(name, () => { this.held = false; });
  }

  /** Show a density: {by, edges, counts: {group: [...]}, marks}. */
  show(density) {
    this.density = density;
    const bins = density.edges.length - 1;
    this.sums = [0];
    for (let bin = 0; bin < bins; bin += 1) {
      this.sums.push(this.sums[bin] + Object.values(density.counts).reduce((sum, counts) => sum + counts[bin], 0));
    }
    this.#paint(bins);
    this.#stand();
    this.#say();
    this.at(this.seq ?? 1, this.total ?? this.sums.at(-1), this.words ?? "");
  }

  /** Draw, over the density, where events match a filter (null: there is none). */
  matches(seqs) {
    this.bars.querySelector(".matches")?.remove();
    this.bars.classList.toggle("filtered", Boolean(seqs));
    if (!seqs || !this.density) return;
    const bins = this.sums.length - 1;
    const counts = new Array(bins).fill(0);
    for (const seq of seqs) counts[Math.min(bins - 1, Math.max(0, Math.floor(this.#place(seq) * bins)))] += 1;
    const most = Math.max(1, ...counts);
    const layer = svg("g", { class: "matches" });
    counts.forEach((count, bin) => {
      const high = count ? Math.max(4, (count / most) * HIGH) : 0;
      if (high) layer.append(svg("rect", { x: (bin * WIDE) / bins, y: HIGH - high, width: WIDE / bins, height: high }));
    });
    this.bars.append(layer);
  }

  /** Stand at an event. */
  at(seq, total, words) {
    Object.assign(this, { seq, total, words });
    this.slider.setAttribute("aria-valuemax", total);
    this.slider.setAttribute("aria-valuenow", seq);
    this.slider.setAttribute("aria-valuetext", `event ${seq} of ${total}${words ? `: ${words}` : ""}`);
    if (this.density) this.head.style.left = `${this.#place(seq) * 100}%`;
  }

  /** The number of the next event with a mark, or the last before. */
  mark(seq, forward) {
    const seqs = (this.density?.marks ?? []).map((mark) => mark.seq).sort((a, b) => a - b);
    return forward ? seqs.find((each) => each > seq) : seqs.findLast((each) => each < seq);
  }

  #paint(bins) {
    const groups = Object.entries(this.density.counts);
    let most = 1;
    for (let bin = 0; bin < bins; bin += 1) most = Math.max(most, this.sums[bin + 1] - this.sums[bin]);
    const layers = [];
    const base = new Array(bins).fill(HIGH);
    for (const [group, counts] of groups) {
      let path = "";
      counts.forEach((count, bin) => {
        if (!count) return;
        const high = (count / most) * HIGH;
        base[bin] -= high;
        path += `M${((bin * WIDE) / bins).toFixed(2)} ${base[bin].toFixed(2)}h${(WIDE / bins).toFixed(2)}v${high.toFixed(2)}h-${(WIDE / bins).toFixed(2)}z`;
      });
      if (path) layers.push(svg("path", { d: path, class: `group group-${group}` }));
    }
    this.bars.replaceChildren(...layers);
  }

  /** One sign for what stands out in about the same place; the gravest of its kinds. */
  #stand() {
    const places = Math.max(10, Math.floor(this.slider.clientWidth / APART));
    const seen = new Map();
    for (const mark of this.density.marks) {
      const place = Math.round(this.#place(mark.seq) * places);
      if (seen.has(place)) seen.get(place).push(mark);
      else seen.set(place, [mark]);
    }
    this.marks.replaceChildren(...[...seen.values()].map((several) => this.#sign(several)));
  }

  #sign(several) {
    several.sort((a, b) => GRAVE.indexOf(a.kind) - GRAVE.indexOf(b.kind) || a.seq - b.seq);
    const [mark] = several;
    const more = several.length > 1 ? ` (and ${several.length - 1} more about here)` : "";
    const words = `${mark.kind.replaceAll("-", " ")}, event ${mark.seq}: ${mark.label}${more}`;
    const made = element("button", { type: "button", class: `mark mark-${mark.kind}`, title: shown(words), tabindex: "-1" }, element("span", { class: "hide", text: words }));
    made.style.left = `${this.#place(mark.seq) * 100}%`;
    made.addEventListener("click", () => this.taken(mark.seq));
    return made;
  }

  #say() {
    const edge = (value) => {
      if (this.density.by === "seq") return `event ${number(Math.round(value))}`;
      return moment(typeof value === "number" ? new Date(value).toISOString() : value);
    };
    this.ends[0].textContent = edge(this.density.edges[0]);
    this.ends[1].textContent = edge(this.density.by === "seq" ? this.sums.at(-1) : this.density.edges.at(-1));
  }

  /** Where an event stands, from 0 to 1: what is in a bin stands evenly in it. */
  #place(seq) {
    const bins = this.sums.length - 1;
    let low = 0;
    let high = bins - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sums[middle + 1] >= seq) high = middle;
      else low = middle + 1;
    }
    const count = this.sums[low + 1] - this.sums[low];
    return Math.min(1, (low + (count ? (seq - this.sums[low] - 0.5) / count : 0)) / bins);
  }

  /** Which event stands at a place. */
  #event(place) {
    const bins = this.sums.length - 1;
    const bin = Math.min(bins - 1, Math.floor(place * bins));
    const count = this.sums[bin + 1] - this.sums[bin];
    const seq = this.sums[bin] + Math.ceil((place * bins - bin) * count);
    return Math.min(Math.max(1, seq || 1), this.sums.at(-1));
  }

  #grab(event) {
    if (event.button || !this.density) return;
    this.held = true;
    this.slider.setPointerCapture(event.pointerId);
    this.slider.focus({ preventScroll: true });
    event.preventDefault();
    this.#to(event);
  }

  #to(event) {
    const box = this.slider.getBoundingClientRect();
    this.taken(this.#event(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))));
  }
}
