// Sends what waits in the outbox, in the order in which it was submitted, until the server has it:
// work continues without a connection.
const RETRY_AFTER = 4000;

export class Delivery {
  #timer;
  #isRunning = false;
  #isClosed = false;

  // `except` is the assignment whose page sends its judgement itself. `events` has the functions
  // delivered({ isNew }), refused(problem) and rested(problem), which has the problem that may
  // pass, or null once nothing waits.
  constructor({ outbox, except, send, events, retryAfter = RETRY_AFTER }) {
    Object.assign(this, { outbox, except, send, events, retryAfter });
  }

  async run() {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    clearTimeout(this.#timer);
    const obstacle = await this.#sendAll();
    this.#isRunning = false;
    if (this.#isClosed) return;
    this.events.rested(obstacle);
    if (obstacle) this.#timer = setTimeout(() => this.run(), this.retryAfter);
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  // Returns the problem that may pass, or null once nothing waits.
  async #sendAll() {
    for (const entry of this.outbox.waiting(this.except)) {
      if (this.#isClosed) return null;
      try {
        const { status } = await this.send("PUT", entry.url, entry.judgement);
        this.outbox.take(entry.assignment, entry);
        localStorage.removeItem(`plumbline.draft.${entry.assignment}`);
        this.events.delivered({ isNew: status === 201 });
      } catch (problem) {
        if (problem.passes) return problem;
        this.outbox.take(entry.assignment, entry);
        this.events.refused(problem);
      }
    }
    return null;
  }
}
