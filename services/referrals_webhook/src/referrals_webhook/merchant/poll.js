// Asking again and again: less often the longer nothing changes or answers, and not at all while
// nobody looks.

/** Asks by `step`, which tells whether anything changed. */
export class Poll {
  #timer = 0;
  #delay;
  #running = false;
  #again = false;
  #stopped = false;

  /** Waits `first` ms at first and `most` at most; tells `failed` of what `step` throws. */
  constructor(step, { first, most, failed }) {
    Object.assign(this, { step, first, most, failed });
    this.#delay = first;
    document.addEventListener("visibilitychange", () => this.#stopped || this.now());
  }

  /** Asks now, and often again. */
  async now() {
    clearTimeout(this.#timer);
    this.#stopped = false;
    this.#delay = this.first;
    this.#again = this.#running;
    if (!this.#running) await this.#run();
  }

  /** Asks no more, until `now`. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run() {
    if (this.#stopped || document.hidden) return;
    this.#running = true;
    try {
      this.#delay = (await this.step()) ? this.first : this.#delay * 1.3;
    } catch (error) {
      this.#delay *= 2;
      this.failed(error);
    } finally {
      this.#running = false;
    }
    this.#delay = Math.min(this.#delay, this.most);
    if (this.#again && !this.#stopped) await this.now();
    else if (!this.#stopped) {
      const jitter = 0.9 + 0.2 * Math.random(); // so that many pages do not ask at once
      this.#timer = setTimeout(() => this.#run(), this.#delay * jitter);
    }
  }
}
