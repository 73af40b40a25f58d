// Judgements that were submitted and not acknowledged yet. They stay on this device, even when the
// window closes, and travel unchanged until the server has them; it counts each of them once.
import { send } from "./api.js";

const name = (labeller, assignment) => `plumbline.outbox.${labeller}.${assignment}`;

export class Outbox {
  constructor(labeller) {
    this.labeller = labeller;
  }

  put(assignment, url, judgement) {
    try {
      localStorage.setItem(name(this.labeller, assignment), JSON.stringify({ url, judgement }));
    } catch { /* the page itself still holds it */ }
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

  // Sends what waits for prompts other than this one; what is refused for good is told, once.
  async deliver({ besides, onRefused }) {
    const mine = name(this.labeller, "");
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(mine))) {
      const assignment = key.slice(mine.length);
      const entry = this.waitingFor(assignment);
      if (!entry || assignment === besides) continue;
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
