// Submitted judgements that the server has not acknowledged. They stay on this device, even when the
// window closes, and are sent unchanged until the server has them. It counts each of them once.
const name = (labeller, assignment) => `plumbline.outbox.${labeller}.${assignment}`;

export class Outbox {
  constructor(labeller) {
    this.labeller = labeller;
  }

  put(assignment, url, judgement) {
    const at = this.waitingFor(assignment)?.at ?? Date.now();
    try {
      localStorage.setItem(name(this.labeller, assignment), JSON.stringify({ url, judgement, at }));
    } catch { /* the page still has it in memory */ }
  }

  // Removes a judgement; with `sent`, only if nothing newer has replaced it since.
  take(assignment, sent = null) {
    const entry = this.waitingFor(assignment);
    const isOther = sent && JSON.stringify(entry?.judgement) !== JSON.stringify(sent.judgement);
    if (!isOther) localStorage.removeItem(name(this.labeller, assignment));
    return entry;
  }

  waitingFor(assignment) {
    try {
      return JSON.parse(localStorage.getItem(name(this.labeller, assignment)));
    } catch {
      return null;
    }
  }

  get count() {
    return this.waiting().length;
  }

  // What waits, in the order in which it was submitted; without one assignment's.
  waiting(except = null) {
    const mine = name(this.labeller, "");
    return Object.keys(localStorage).filter((key) => key.startsWith(mine))
      .map((key) => key.slice(mine.length))
      .map((assignment) => ({ ...this.waitingFor(assignment), assignment }))
      .filter(({ url, assignment }) => url && assignment !== except)
      .sort((one, other) => (one.at ?? 0) - (other.at ?? 0));
  }
}
