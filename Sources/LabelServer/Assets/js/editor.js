// The judgement being edited: the form, the ranking panel beside it, and the changes to undo.
import { Actions } from "./actions.js";
import { send } from "./api.js";
import { loadScript } from "./highlight.js";
import { IdealAnswer } from "./ideal-answer.js";
import { JudgementForm } from "./judgement-form.js";
import { Ordering } from "./ordering.js";
import { RankingPanel } from "./ranking-panel.js";
import { contradictions, fromGroups } from "./ranking.js";
import { fill } from "./status-line.js";
import { Undo } from "./undo.js";

const $ = (selector, root = document) => root.querySelector(selector);

export class Editor {
  isTouched = false;

  // `onChange` is called after each change; `folding` knows the answers that were not seen in full.
  constructor(form, { state, statusLine, clock, visited, folding, onChange }) {
    Object.assign(this, { form, state, statusLine, clock, folding, onChange });
    this.strings = state.strings;
    this.judgementForm = new JudgementForm(form, state.keys);
    this.undo = new Undo(visited);
    this.actions = new Actions({
      judgementForm: this.judgementForm, state, statusLine,
      panel: () => this.panel, onBefore: () => this.#remember(), onAfter: () => this.#changed(),
    });
    this.ordering = new Ordering({ actions: this.actions, state, statusLine });
    this.idealAnswer = new IdealAnswer(form.elements.demonstration, async () =>
      (await send("GET", state.assignmentURL)).answer.responses);
  }

  // The judgement in the form, with the seconds spent on it.
  read() {
    return { ...this.judgementForm.judgement, activeSeconds: this.clock.read() };
  }

  // The judgement to submit: an unchanged copy of an answer is left out.
  readFinal() {
    const judgement = this.read();
    if (this.idealAnswer.isUnchanged) delete judgement.demonstration;
    return judgement;
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
    this.showNotice();
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
    this.idealAnswer.open().then(() => this.idealAnswer.isUnchanged && this.showNotice(), () => {});
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
    const { area } = this.idealAnswer;
    const text = await this.idealAnswer.copy(key);
    this.#remember();
    area.value = text;
    this.#changed();
    area.focus();
  }

  // Moves to the text about all answers, else about the picked one; returns whether there is any.
  write() {
    const texts = this.judgementForm.fields.filter(
      ({ area, question }) => area && question !== "demonstration");
    const { current } = this.actions;
    const field = texts.find((one) => !one.key) ?? texts.find((one) => one.key === current) ?? texts[0];
    return focusOn(field?.area);
  }

  writeIdeal() {
    return focusOn(this.form.elements.demonstration);
  }

  // Unfolds the picked answer, or a ranked one whose end was not seen; folds it again.
  unfold({ all = false } = {}) {
    if (all) return this.folding.toggleAll();
    return this.folding.toggle(this.actions.current) || this.folding.toggle(this.#unseen()[0]);
  }

  // Shows what may be wrong with the judgement, if anything. It stops nobody.
  showNotice() {
    const [first] = contradictions(fromGroups(this.last.ranking), this.judgementForm.ratings);
    if (first) {
      const sentence = fill(this.strings.contradiction, { a: first[0], b: first[1] });
      this.statusLine.notice({ sentence });
      return;
    }
    const keys = this.#unseen();
    if (keys.length === 0) {
      const sentence = this.idealAnswer.isUnchanged ? this.strings.unchangedCopy : "";
      this.statusLine.notice(sentence ? { sentence } : null);
      return;
    }
    this.statusLine.notice({
      sentence: fill(this.strings.unseen, { keys: keys.join(this.strings.separator) }),
      action: {
        name: this.strings.expand, key: keys.length > 1 ? "⇧O" : "o",
        run: () => keys.length > 1 ? this.folding.toggleAll() : this.folding.toggle(keys[0]),
      },
    });
  }

  // The ranked answers whose end was never shown.
  #unseen() {
    return this.folding.unseen((this.last.ranking ?? []).flat());
  }

  #openPanel() {
    this.panel = new RankingPanel($("#ranking-panel"), {
      keys: this.state.keys, ties: this.state.ties, strings: this.strings,
      onChange: (places, key) => {
        this.ordering.end();
        this.actions.rank(places, key);
      },
      onFocus: (key, { picked }) => {
        this.actions.focus(key, { moves: false });
        if (picked) this.statusLine.announce(fill(this.strings.picked, { key }));
      },
    });
    this.panel.draw(this.judgementForm.places);
    loadScript(this.state.sortable).then(() => this.panel.enableDragging(), () => {});
  }

  #entered({ target }) {
    this.ordering.end();
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
    this.showNotice();
    this.onChange();
    this.#showUndo();
  }

  #showUndo() {
    $("#undo").hidden = this.undo.isEmpty;
  }
}

function focusOn(area) {
  area?.focus();
  area?.scrollIntoView({ block: "nearest" });
  return Boolean(area);
}
