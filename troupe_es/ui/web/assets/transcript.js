// What was said, to be read: a stretch of lines around the moment that grows where one reads on, and never gets long.

import { element, groupOf, hue, moment, shown, sign, text } from "./words.js";

const STRETCH = 40;
const MOST = 120; // lines at once, of some nine nodes each
const LONG = 4000;

export class Transcript {
  /** `scroller` gets the lines; `pages()` gives the rows; `chosen` hears of a place. */
  constructor(scroller, { pages, groups, href, chosen, failed }) {
    Object.assign(this, { scroller, pages, groups, href, chosen, failed });
    this.list = element("div", { class: "talk", role: "feed", "aria-busy": "false", "aria-label": "Who said what" });
    scroller.replaceChildren(this.list);
    scroller.setAttribute("role", "group");
    scroller.tabIndex = 0;
    this.selected = -1;
    this.turn = 0;
    this.refresh();
    scroller.addEventListener("scroll", () => this.#more(), { passive: true });
    this.list.addEventListener("click", (event) => {
      const line = event.target.closest("article");
      if (line && !event.target.closest("a")) this.chosen(Number(line.dataset.index));
    });
  }

  get page() {
    return 10;
  }

  /** The number of rows grew, rows came, or they are others: then what stood here goes. */
  refresh() {
    if (this.rows === this.pages()) {
      if (this.selected >= 0 && this.last < 0) this.select(this.selected);
      return;
    }
    this.rows = this.pages();
    this.turn += 1;
    this.first = 0;
    this.last = -1;
    this.list.replaceChildren();
    this.list.hidden = true; // a feed without articles is none
  }

  /** Show the line at `index`, with what stands around it. */
  async select(index) {
    this.selected = index;
    if (index < this.first || index > this.last) {
      const turn = (this.turn += 1);
      const first = Math.max(0, index - STRETCH / 2);
      const lines = await this.#lines(first, Math.min(this.pages().count - 1, first + STRETCH - 1));
      if (turn !== this.turn) return;
      this.list.replaceChildren(...lines);
      this.list.hidden = !lines.length;
      this.first = first;
      this.last = first + lines.length - 1;
    }
    for (const old of this.list.querySelectorAll("[aria-current]")) old.removeAttribute("aria-current");
    const line = this.list.children[this.selected - this.first];
    if (!line) return;
    line.setAttribute("aria-current", "true");
    const box = line.getBoundingClientRect();
    const view = this.scroller.getBoundingClientRect();
    if (box.top < view.top || box.bottom > view.bottom) this.scroller.scrollTop += box.top - view.top - view.height / 3;
  }

  async #more() {
    if (this.busy || this.last < 0) return;
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    const forward = scrollTop + clientHeight > scrollHeight - 400 && this.last < this.pages().count - 1;
    const back = scrollTop < 400 && this.first > 0;
    if (!forward && !back) return;
    this.busy = true;
    this.list.setAttribute("aria-busy", "true");
    try {
      await (forward ? this.#after() : this.#before());
    } finally {
      this.busy = false;
      this.list.setAttribute("aria-busy", "false");
    }
  }

  async #after() {
    const turn = this.turn;
    const lines = await this.#lines(this.last + 1, Math.min(this.pages().count - 1, this.last + STRETCH));
    if (turn !== this.turn) return;
    this.list.append(...lines);
    this.last += lines.length;
    while (this.list.children.length > MOST) this.#keep(() => this.list.firstElementChild.remove(), () => { this.first += 1; });
  }

  async #before() {
    const turn = this.turn;
    const first = Math.max(0, this.first - STRETCH);
    const lines = await this.#lines(first, this.first - 1);
    if (turn !== this.turn) return;
    this.#keep(() => this.list.prepend(...lines), () => { this.first = first; });
    while (this.list.children.length > MOST) {
      this.list.lastElementChild.remove();
      this.last -= 1;
    }
  }

  /** Change what is above without moving what is read. */
  #keep(change, then) {
    const before = this.scroller.scrollHeight;
    const top = this.scroller.scrollTop;
    change();
    this.scroller.scrollTop = top + this.scroller.scrollHeight - before;
    then();
  }

  async #lines(first, last) {
    const rows = this.pages();
    const lines = [];
    try {
      for (let index = first; index <= last; index += 1) {
        const row = await rows.get(index);
        if (row) lines.push(this.#line(index, row, rows.count));
      }
    } catch (error) {
      this.failed(error);
    }
    return lines;
  }

  #line(index, row, count) {
    const person = row.actor ?? row.gist.who;
    const quiet = /thinks|mind|understands/.test(row.gist.what) ? " quiet" : "";
    const who = row.gist.who ? element("span", { class: "who" }, row.actor ? sign(row.actor, row.gist.who) : "", text(row.gist.who, 80)) : "";
    const when = element("a", { class: "when", href: this.href(row.seq), title: `event ${row.seq}`, text: row.time ? moment(row.time) : `event ${row.seq}` });
    const said = row.gist.said.length > LONG ? `${row.gist.said.slice(0, LONG)}…` : row.gist.said;
    return element(
      "article",
      { class: `${row.actor ? hue(person) : ""} group-${groupOf(row, this.groups)}${quiet}`, dataset: { index }, "aria-setsize": count, "aria-posinset": index + 1 },
      element("span", { class: "by" }, who, element("span", { class: "soft", text: ` ${shown(row.gist.what)}` }), when),
      element("span", { class: "words" }, text(said)),
    );
  }
}
