// Fetches the next prompt while this one is being judged, so that submitting shows it at once.
const LONGEST_WAIT = 3000;

export class LookAhead {
  #next = null;
  #isClosed = false;
  #hasFailed = false;

  // `fetchNext` returns a promise of the parsed page, or of null when there is none.
  constructor(fetchNext, { whenIdle = browserIsIdle, longestWait = LONGEST_WAIT } = {}) {
    Object.assign(this, { fetchNext, whenIdle, longestWait });
  }

  // Starts once the browser is idle, so that this prompt is drawn first.
  start() {
    this.#next = this.whenIdle().then(() => this.#fetch());
  }

  // Tries again when there was no connection before.
  retry() {
    if (this.#hasFailed && !this.#isClosed) this.start();
  }

  // The next page, if it has been fetched.
  ready() {
    return this.#next ? Promise.race([this.#next, timeout(0)]) : Promise.resolve(null);
  }

  // The next page; null when there is none, no connection, or no answer in time.
  next() {
    if (!this.#next) return Promise.resolve(null);
    return Promise.race([this.#next, timeout(this.longestWait)]);
  }

  close() {
    this.#isClosed = true;
  }

  async #fetch() {
    if (this.#isClosed) return null;
    this.#hasFailed = false;
    try {
      return await this.fetchNext();
    } catch {
      this.#hasFailed = true;
      return null;
    }
  }
}

function browserIsIdle() {
  return new Promise((idle) => {
    if (window.requestIdleCallback) requestIdleCallback(idle, { timeout: 1000 });
    else setTimeout(idle, 300);
  });
}

function timeout(milliseconds) {
  return new Promise((over) => setTimeout(over, milliseconds, null));
}
