// The judgement being edited: the form, the ranking panel beside it, and the changes to undo.
import { Actions } from "./actions.js";
import { send } from "./api.js";
import { loadScript } from "./highlight.js";
import { JudgementForm } from "./judgement-form.js";
import { RankingPanel } from "./ranking-panel.js";
import { contradictions, fromGroups } from "./ranking.js";
import { fill } from "./status-line.js";
import { Undo } from "./undo.js";

const $ = (selector, root = document) => root.querySelector(selector);

export class Editor {
  isTouched = false;

  // `onChange` is called after each change.
  constructor(form, { state, statusLine, clock, visited, onChange }) {
    Object.assign(this, { form, state, statusLine, clock, onChange, strings: state.strings });
    this.judgementForm = new JudgementForm(form, state.keys);
    this.undo = new Undo(visited);
    this.actions = new Actions({
      judgementForm: this.judgementForm, state, statusLine,
      panel: () => this.panel, onBefore: () => this.#remember(), onAfter: () => this.#changed(),
    });
  }

  // The judgement in the form, with the seconds spent on it.
  read() {
    return { ...this.judgementForm.judgement, activeSeconds: this.clock.read() };
  }

  show(judgement) {
    this.judgementForm.judgement = judgement;
    this.panel?.draw(this.judgementForm.places);
  }

  // Restores what this device kept without a connection; returns whether there was any.
  restore(draft) {
    const unsent = draft.unsent;
    if (!unsent) return false;
    const seconds = unsent.activeSeconds ?? Infinity;
    // Work continued on another device after this one lost its connection.
    if (seconds < this.clock.read()) {
      draft.forget();
      return false;
    }
    this.show(unsent);
    if (Number.isFinite(seconds)) this.clock.seconds = Math.max(this.clock.seconds, seconds);
    draft.keep(this.read());
    return true;
  }

  open() {
    this.judgementForm.markRanked();
    if (this.state.ranks) this.#openPanel();
    this.last = this.judgementForm.judgement;
    this.#showContradiction();
    this.#showUndo();
    this.form.addEventListener("input", (event) => this.#entered(event));
    const mark = ({ target }) => {
      const answer = target.closest(".answer");
      if (answer) this.actions.mark(answer.dataset.key);
    };
    this.form.addEventListener("focusin", mark);
    this.form.addEventListener("click", (event) => {
      if (!event.target.closest("button, a, label, select, input")) mark(event);
    });
    $("#copies")?.removeAttribute("hidden");
  }

  // Undoes the last change. Without one, returns the prompt to go back to, or null.
  undoStep() {
    const step = this.undo.step();
    if (step?.judgement) {
      this.show(step.judgement);
      this.#changed();
      this.statusLine.announce(this.strings.undone);
    }
    this.#showUndo();
    return step?.prompt ? step : null;
  }

  // Copies an answer into the demonstration, where the labeller improves it.
  async copyToDemonstration(key) {
    const { answer } = await send("GET", this.state.assignmentURL);
    const area = this.form.elements.demonstration;
    this.#remember();
    area.value = answer.responses.find((one) => one.key === key)?.text ?? area.value;
    this.#changed();
    area.focus();
  }

  #openPanel() {
    this.panel = new RankingPanel($("#ranking-panel"), {
      keys: this.state.keys, ties: this.state.ties, strings: this.strings,
      onChange: (places, key) => this.actions.rank(places, key),
      onFocus: (key, { picked }) => {
        this.actions.focus(key, { moves: false });
        if (picked) this.statusLine.announce(fill(this.strings.picked, { key }));
      },
    });
    this.panel.draw(this.judgementForm.places);
    loadScript(this.state.sortable).then(() => this.panel.enableDragging(), () => {});
  }

  #entered({ target }) {
    const [question, key] = target.name?.split(".") ?? [];
    if (question === "place") {
      this.judgementForm.markRanked();
      this.panel?.draw(this.judgementForm.places, key);
    }
    if (question === "preference") this.judgementForm.settlePreference();
    // While someone types, the browser has its own undo.
    if (!target.matches("textarea")) this.undo.remember(this.last);
    this.#changed();
  }

  #remember() {
    this.undo.remember(this.judgementForm.judgement);
  }

  #changed() {
    this.isTouched = true;
    this.last = this.judgementForm.judgement;
    this.#showContradiction();
    this.onChange();
    this.#showUndo();
  }

  #showContradiction() {
    const [first] = contradictions(fromGroups(this.last.ranking), this.judgementForm.ratings);
    this.statusLine.notice(
      first ? fill(this.strings.contradiction, { a: first[0], b: first[1] }) : "");
  }

  #showUndo() {
    $("#undo").hidden = this.undo.isEmpty;
  }
}
