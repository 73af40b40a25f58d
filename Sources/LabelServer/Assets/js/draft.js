// Saves a judgement while it is edited: at once on this device, moments later on the server.
const WAIT = 500;
const RETRY = 4000;

export class Draft {
  #timer = null;
  #running = null;
  #wanted = null;
  #closed = false;
  #paused = false;
  #local;

  // A correction has no draft on the server: it stays on this device until it is saved.
  constructor({ id, url, send, onState, local = false }) {
    Object.assign(this, { url, send, onState });
    this.key = `plumbline.draft.${id}`;
    this.#local = local;
  }

  // The draft on this device that the server has not confirmed.
  get unsent() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  forget() {
    localStorage.removeItem(this.key);
  }

  stayHere(stays = true) {
    this.#local = stays;
    clearTimeout(this.#timer);
  }

  keep(judgement) {
    if (this.#closed) return;
    this.#wanted = judgement;
    this.#paused = false;
    try {
      localStorage.setItem(this.key, JSON.stringify(judgement));
    } catch { /* storage is full or forbidden: the copy on the server counts */ }
    this.onState(this.#local ? "kept" : "saving");
    this.#schedule(WAIT);
  }

  async flush(choices) {
    clearTimeout(this.#timer);
    while (this.#running) await this.#running;
    if (!this.#wanted || this.#closed || this.#paused || this.#local) return;
    this.#running = this.#put(this.#wanted, choices);
    await this.#running;
    this.#running = null;
  }

  async #put(judgement, choices) {
    try {
      await this.send("PUT", this.url, judgement, choices);
      if (this.#wanted !== judgement) return;
      this.#wanted = null;
      localStorage.removeItem(this.key);
      this.onState("saved");
    } catch (problem) {
      if (problem.passes) {
        this.onState(problem.offline ? "offline" : "trouble", problem);
        this.#schedule(RETRY);
      } else {
        this.onState("problem", problem);
      }
    }
  }

  // Waits for a draft that is being sent, and sends no other until the next change.
  async settle() {
    this.#paused = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  close({ forget = true } = {}) {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (forget) this.forget();
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    if (this.#paused || this.#local) return;
    this.#timer = setTimeout(() => this.flush(), delay);
  }
}
