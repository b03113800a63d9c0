// Where the wanted events are, by filter: their numbers are fetched once, and later only those that came since.

import { json, query } from "./pages.js";

const KEPT = 20; // filters that are remembered

export class Matching {
  /** `head()` is the last event there is. */
  constructor(api, head) {
    Object.assign(this, { api, head });
    this.found = new Map();
  }

  /** The numbers of all events of a filter; the same array grows when it is asked for again. */
  async of(wanted) {
    const key = query(wanted).toString();
    if (!this.found.has(key)) {
      if (this.found.size >= KEPT) this.found.delete(this.found.keys().next().value);
      this.found.set(key, { head: 0, seqs: [], coming: null });
    }
    const known = this.found.get(key);
    while (known.head < this.head()) {
      const before = known.head;
      known.coming ??= this.#more(wanted, known).finally(() => { known.coming = null; });
      await known.coming;
      if (known.head === before) break;
    }
    return known.seqs;
  }

  async #more(wanted, known) {
    const asked = query(wanted);
    asked.set("after", known.head);
    const page = await json(`${this.api}/matches?${asked}`);
    for (const seq of page.seqs) known.seqs.push(seq);
    known.head = page.head;
  }
}
