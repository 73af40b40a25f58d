// Submitted judgements that the server has not acknowledged. They stay on this device, even when the
// window closes, and are sent unchanged until the server has them. It counts each of them once.
import { send } from "./api.js";

const name = (labeller, assignment) => `plumbline.outbox.${labeller}.${assignment}`;

export class Outbox {
  constructor(labeller) {
    this.labeller = labeller;
  }

  put(assignment, url, judgement) {
    try {
      localStorage.setItem(name(this.labeller, assignment), JSON.stringify({ url, judgement }));
    } catch { /* the page still has it in memory */ }
  }

  take(assignment) {
    const entry = this.waitingFor(assignment);
    localStorage.removeItem(name(this.labeller, assignment));
    return entry;
  }

  waitingFor(assignment) {
    try {
      return JSON.parse(localStorage.getItem(name(this.labeller, assignment)));
    } catch {
      return null;
    }
  }

  // Sends the judgements of every assignment but one; reports each that is refused for good.
  async deliver({ except, onRefused }) {
    const mine = name(this.labeller, "");
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(mine))) {
      const assignment = key.slice(mine.length);
      const entry = this.waitingFor(assignment);
      if (!entry || assignment === except) continue;
      try {
        await send("PUT", entry.url, entry.judgement);
        this.take(assignment);
        localStorage.removeItem(`plumbline.draft.${assignment}`);
      } catch (problem) {
        if (problem.passes) return;
        this.take(assignment);
        onRefused(problem);
      }
    }
  }
}
