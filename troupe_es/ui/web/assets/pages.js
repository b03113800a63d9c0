// Rows by their place in a long list, fetched a page at a time when they are wanted; a bounded number is kept.

const SIZE = 200;
const KEPT = 24;
const AT_ONCE = 2;

/** Fetch JSON; a problem document is thrown as what it says. */
export async function json(address, signal) {
  const answer = await fetch(address, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (answer.ok) return answer.json();
  let why = `${answer.status} ${answer.statusText}`;
  try {
    const problem = await answer.json();
    why = problem.detail || problem.title || why;
  } catch {
    // no problem document: the status has to do
  }
  throw new Error(why);
}

/** The query of a filter, as API and page both take it. */
export function query(filter) {
  const made = new URLSearchParams();
  for (const type of filter.types) made.append("type", type);
  if (filter.person) made.set("person", filter.person);
  if (filter.text) made.set("text", filter.text);
  return made;
}

export class Pages {
  /** `seqs` are the matching events of a filter (null: all of them, 1 to `count`). */
  constructor(api, filter, count, seqs, { loaded, failed }) {
    Object.assign(this, { api, filter, seqs, loaded, failed });
    this.count = seqs ? seqs.length : count;
    this.pages = new Map();
    this.flying = new Map();
    this.queue = [];
    this.closed = false;
  }

  /** The event's number at a place, and the place of an event (or of the last one before it). */
  seqAt(index) {
    return this.seqs ? this.seqs[index] : index + 1;
  }

  indexOf(seq) {
    if (!this.seqs) return Math.min(Math.max(seq, 1), this.count) - 1;
    let low = 0;
    let high = this.seqs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.seqs[middle] <= seq) low = middle + 1;
      else high = middle;
    }
    return Math.max(low - 1, 0);
  }

  row(index) {
    return this.pages.get(Math.floor(index / SIZE))?.[index % SIZE];
  }

  /** See to it that the rows from `first` to `last` come; what was wanted before and is not yet under way is dropped. */
  want(first, last) {
    const pages = [];
    for (let page = Math.floor(first / SIZE); page <= Math.floor(last / SIZE); page += 1) {
      if (page >= 0 && page * SIZE < this.count && !this.#whole(page)) pages.push(page);
    }
    this.queue = pages.filter((page) => !this.flying.has(page));
    for (const [page, control] of this.flying) if (!pages.includes(page)) control.abort();
    this.#fly();
  }

  /** Resolve with the row at `index`, fetched where it is not there. */
  async get(index) {
    if (!this.row(index)) await this.#fetch(Math.floor(index / SIZE), new AbortController().signal);
    return this.row(index);
  }

  /** A live event came: it is the next one, or it does not match. */
  append(row) {
    const page = Math.floor(this.count / SIZE);
    const held = this.pages.get(page);
    if (held ? held.length === this.count % SIZE : this.count % SIZE === 0) this.pages.set(page, [...(held ?? []), row]);
    if (this.seqs) this.seqs.push(row.seq);
    this.count += 1;
  }

  close() {
    this.closed = true;
    for (const control of this.flying.values()) control.abort();
  }

  #whole(page) {
    return (this.pages.get(page)?.length ?? 0) >= Math.min(SIZE, this.count - page * SIZE);
  }

  #fly() {
    while (this.queue.length && this.flying.size < AT_ONCE) {
      const page = this.queue.shift();
      const control = new AbortController();
      this.flying.set(page, control);
      this.#fetch(page, control.signal)
        .then(() => this.loaded())
        .catch((error) => { if (error.name !== "AbortError" && !this.closed) this.failed(error); })
        .finally(() => {
          if (this.flying.get(page) === control) this.flying.delete(page);
          if (!this.closed) this.#fly();
        });
    }
  }

  async #fetch(page, signal) {
    const asked = query(this.filter);
    asked.set("after", this.seqAt(page * SIZE) - 1);
    asked.set("limit", Math.min(SIZE, this.count - page * SIZE));
    const found = await json(`${this.api}/events?${asked}`, signal);
    this.pages.delete(page);
    this.pages.set(page, found.events);
    for (const old of [...this.pages.keys()].slice(0, Math.max(0, this.pages.size - KEPT))) this.pages.delete(old);
  }
}
