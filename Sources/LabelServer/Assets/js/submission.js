// Submits the judgement of one assignment: idle → sending → waiting → sending → done. While the
// server is out of reach, the judgement waits in the outbox and is sent again every few seconds.
const RETRY_AFTER = 4000;

export class Submission {
  #state = "idle";
  #pending;
  #retry;

  // `read` returns the judgement in the form; `events` has the functions sending, waiting(problem),
  // refused(problem) and done.
  constructor({ assignment, url, send, outbox, draft, read, events, retryAfter = RETRY_AFTER }) {
    Object.assign(this, { assignment, url, send, outbox, draft, read, events, retryAfter });
  }

  get isIdle() {
    return this.#state === "idle";
  }

  get isWaiting() {
    return this.#state === "waiting";
  }

  // The judgement that this assignment left in the outbox before the page was opened, or null.
  get unsent() {
    return this.outbox.waitingFor(this.assignment)?.judgement ?? null;
  }

  async submit(judgement = this.#pending ?? this.read()) {
    if (this.#state === "sending" || this.#state === "done") return;
    this.#state = "sending";
    this.#put(judgement);
    this.events.sending();
    // A draft that arrives after the judgement would be refused.
    await this.draft.settle();
    try {
      await this.send("PUT", this.url, this.#pending);
    } catch (problem) {
      this.#failed(problem);
      return;
    }
    this.#state = "done";
    this.outbox.take(this.assignment);
    this.draft.close();
    await this.events.done();
  }

  // Replaces the judgement that waits, so that changes made meanwhile are sent too.
  replaceWaiting() {
    if (this.isWaiting) this.#put(this.read());
  }

  // Sends a waiting judgement now, because the connection may be back.
  sendNow() {
    if (this.isWaiting) this.submit();
  }

  close() {
    clearTimeout(this.#retry);
  }

  #put(judgement) {
    this.#pending = judgement;
    this.outbox.put(this.assignment, this.url, judgement);
  }

  #failed(problem) {
    if (problem.passes) {
      this.#state = "waiting";
      // The server may have stored the judgement although its answer was lost, and would then
      // refuse a draft. It counts a judgement that arrives twice once.
      this.draft.stayHere();
      this.draft.keep(this.#pending);
      this.events.waiting(problem);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.submit(), this.retryAfter);
    } else {
      this.outbox.take(this.assignment);
      this.#state = "idle";
      this.#pending = undefined;
      this.events.refused(problem);
    }
  }
}
