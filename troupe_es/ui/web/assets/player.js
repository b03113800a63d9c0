// Plays a run at reading speed, or faster: what is said takes its time, the rest passes.

const READING = 30; // milliseconds for one character, read at leisure
const QUIET = 250; // for an event that says nothing to people
const LONGEST = 6000;
const SHORTEST = 16;

export class Player {
  /** `next()` goes on by one event and returns its row (null: there is none); `shows(on)` hears whether it plays. */
  constructor({ next, speed, spoken, shows }) {
    Object.assign(this, { next, speed, spoken, shows });
    this.timer = 0;
  }

  get playing() {
    return this.timer !== 0;
  }

  play() {
    this.shows(true);
    this.timer = setTimeout(() => this.#tick(), 0);
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.shows(false);
  }

  #tick() {
    const step = this.next();
    if (!step) return this.pause();
    const { row } = step;
    const leisure = row && this.spoken.has(row.type) ? Math.min(LONGEST, 400 + READING * row.gist.said.length) : QUIET;
    this.timer = setTimeout(() => this.#tick(), Math.max(SHORTEST, leisure / this.speed()));
    return undefined;
  }
}
