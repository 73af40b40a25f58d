// Fetches the next prompt while this one is being judged, so that submitting shows it at once.
const LONGEST_WAIT = 3000;

export class LookAhead {
  #next = null;
  #isClosed = false;

  // `fetchNext` returns a promise of the parsed page, or of null when there is none.
  constructor(fetchNext, { whenIdle = browserIsIdle, longestWait = LONGEST_WAIT } = {}) {
    Object.assign(this, { fetchNext, whenIdle, longestWait });
  }

  // Starts once the browser is idle, so that this prompt is drawn first.
  start() {
    this.#next = this.whenIdle().then(() => this.#fetch());
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
    try {
      return await this.fetchNext();
    } catch {
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
