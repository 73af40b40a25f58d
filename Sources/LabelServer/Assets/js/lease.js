// Renews the lease of an assignment while its page is visible.
export class Lease {
  #timer;
  #isClosed = false;
  #isAhead;

  // `isAhead`: the assignment was claimed before its page was shown, so its lease may have ended.
  // `onLost(problem, { isAhead })` is called when the server refuses to renew.
  constructor({ url, everySeconds, isAhead = false, send, onLost }) {
    Object.assign(this, { url, everySeconds, send, onLost });
    this.#isAhead = isAhead;
  }

  start() {
    if (!this.everySeconds) return;
    this.#timer = setInterval(() => this.renew(), this.everySeconds * 1000);
    document.addEventListener("visibilitychange", this.#onVisible);
    if (this.#isAhead) this.renew();
  }

  async renew() {
    if (!this.everySeconds || (document.hidden && !this.#isAhead)) return;
    try {
      await this.send("POST", this.url);
      this.#isAhead = false;
    } catch (problem) {
      if (!problem.passes && !this.#isClosed) this.onLost(problem, { isAhead: this.#isAhead });
    }
  }

  close() {
    this.#isClosed = true;
    clearInterval(this.#timer);
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  #onVisible = () => {
    if (!document.hidden) this.renew();
  };
}
