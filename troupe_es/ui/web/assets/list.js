// A list of any length with a few dozen nodes: rows of one height, drawn where they are looked at.

import { element, groupOf, hue, initial, line, moment, number, shown } from "./words.js";

const TALLEST = 8_000_000; // browsers draw no higher box than some 17 million pixels; above this, scrolling is scaled
const SPARE = 8;

export class List {
  /** `scroller` becomes a listbox; `pages()` gives the rows; `chosen` and `opened` hear of a place. */
  constructor(scroller, { pages, groups, chosen, opened }) {
    Object.assign(this, { scroller, pages, groups, chosen, opened });
    this.space = element("div", { class: "space", role: "presentation" });
    scroller.replaceChildren(this.space);
    scroller.setAttribute("role", "listbox");
    scroller.tabIndex = 0;
    this.pool = [];
    this.selected = -1;
    scroller.addEventListener("scroll", () => this.#soon(), { passive: true });
    scroller.addEventListener("click", (event) => this.#at(event, this.chosen));
    scroller.addEventListener("dblclick", (event) => this.#at(event, this.opened));
    new ResizeObserver(() => this.refresh()).observe(scroller);
  }

  get height() {
    return this.rowHeight || 36;
  }

  /** How many rows are seen at once. */
  get page() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 1);
  }

  /** Draw again: the rows, their number or the size changed. */
  refresh() {
    this.rowHeight = Number.parseFloat(getComputedStyle(this.scroller).getPropertyValue("--row")) || 36;
    this.full = this.pages().count * this.height;
    this.tall = Math.min(this.full, TALLEST);
    this.space.style.height = `${this.tall}px`;
    for (const node of this.pool) node.dataset.index = "";
    this.#draw();
  }

  /** Choose the row at `index`, and bring it into sight (`middle`: in the middle, unless it is seen already). */
  select(index, middle = true) {
    this.selected = index;
    const top = index * this.height;
    const seen = this.#offset();
    const view = this.scroller.clientHeight;
    if (top < seen || top + this.height > seen + view) {
      const wanted = middle ? top - view / 2 + this.height / 2 : top < seen ? top : top + this.height - view;
      this.scroller.scrollTop = Math.max(0, wanted) / this.#ratio();
    }
    this.#draw();
  }

  #ratio() {
    const view = this.scroller.clientHeight;
    return this.tall > view && this.full > this.tall ? (this.full - view) / (this.tall - view) : 1;
  }

  #offset() {
    return this.scroller.scrollTop * this.#ratio();
  }

  #soon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.#draw();
    });
  }

  #at(event, then) {
    const node = event.target.closest("[role=option]");
    if (node && node.dataset.index !== "") then(Number(node.dataset.index));
  }

  #draw() {
    const rows = this.pages();
    const seen = this.#offset();
    const first = Math.max(0, Math.floor(seen / this.height) - SPARE);
    const last = Math.min(rows.count - 1, Math.ceil((seen + this.scroller.clientHeight) / this.height) + SPARE);
    const size = Math.max(this.pool.length, last - first + 1);
    while (this.pool.length < size) this.pool.push(this.#node());
    const shift = this.scroller.scrollTop - seen;
    const used = new Set();
    for (let index = first; index <= last; index += 1) {
      const node = this.pool[index % this.pool.length];
      used.add(node);
      node.hidden = false;
      node.style.transform = `translateY(${index * this.height + shift}px)`;
      this.#fill(node, index, rows);
    }
    for (const node of this.pool) if (!used.has(node)) { node.hidden = true; node.dataset.index = ""; }
    const active = this.pool.find((node) => Number(node.dataset.index) === this.selected && node.dataset.index !== "");
    if (active) this.scroller.setAttribute("aria-activedescendant", active.id);
    else this.scroller.removeAttribute("aria-activedescendant");
    if (last >= first) rows.want(first, last);
  }

  #node() {
    const parts = {
      seq: element("span", { class: "seq" }),
      sign: element("span", { class: "sign", "aria-hidden": "true" }),
      who: element("bdi", { class: "name" }),
      what: element("span", { class: "what" }),
      said: element("bdi", { class: "said" }),
      when: element("span", { class: "when" }),
    };
    const node = element("div", { class: "event group", role: "option", id: `row-${this.pool.length}`, dataset: { index: "" } }, ...Object.values(parts));
    node.parts = parts;
    this.space.append(node);
    return node;
  }

  #fill(node, index, rows) {
    const row = rows.row(index);
    const state = `${index}${row ? "+" : "-"}`;
    node.setAttribute("aria-selected", index === this.selected ? "true" : "false");
    if (node.dataset.index === String(index) && node.state === state) return;
    node.state = state;
    node.dataset.index = index;
    node.setAttribute("aria-setsize", rows.count);
    node.setAttribute("aria-posinset", index + 1);
    const { seq, sign, who, what, said, when } = node.parts;
    seq.textContent = number(rows.seqAt(index));
    node.className = `event group group-${row ? groupOf(row, this.groups) : "other"}${row ? "" : " coming"}`;
    sign.className = row?.actor ? `sign ${hue(row.actor)}` : "sign none";
    sign.textContent = row?.actor ? initial(row.gist.who || row.actor) : "";
    who.textContent = row ? line(row.gist.who, 60) : "";
    what.textContent = row ? line(row.gist.what, 80) : "…";
    said.textContent = row ? line(row.gist.said, 300) : "";
    when.textContent = row ? `${row.step ? `step ${row.step}` : ""}` : "";
    when.title = row ? shown(moment(row.time)) : "";
  }
}
