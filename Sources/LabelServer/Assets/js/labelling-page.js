// Controls the labelling page: one assignment, from opening to submission.
import { send } from "./api.js";
import { AsWritten } from "./as-written.js";
import { ActiveClock } from "./clock.js";
import { Columns } from "./columns.js";
import { openAtLastTurn } from "./conversation.js";
import { Delivery } from "./delivery.js";
import { askSkipReason, showGuidelines, showKeys } from "./dialogs.js";
import { Draft } from "./draft.js";
import { Editor } from "./editor.js";
import { Folding } from "./folding.js";
import { highlight } from "./highlight.js";
import { bindSingleKeys, listen } from "./keyboard.js";
import { Lease } from "./lease.js";
import { LookAhead } from "./look-ahead.js";
import { NextPrompt } from "./next-prompt.js";
import { Outbox } from "./outbox.js";
import { StatusLine, fill } from "./status-line.js";
import { Submission } from "./submission.js";
import { firstMissing } from "./validation.js";
import { WindowEvents } from "./window-events.js";

const $ = (selector, root = document) => root.querySelector(selector);

export class LabellingPage {
  // `navigator` leads to other prompts; `visited` are those submitted before, for Undo; `resume` is
  // where work continues after a correction that Undo led to; `ahead`: the page was fetched ahead.
  constructor(form, navigator, { visited = [], resume = null, ahead = false } = {}) {
    const state = JSON.parse(form.dataset.state);
    Object.assign(this, { form, navigator, state, strings: state.strings });
    this.statusLine = new StatusLine(state.strings);
    this.clock = new ActiveClock(Number(form.elements.activeSeconds.value) || 0);
    this.folding = new Folding(
      form.querySelectorAll(".answer"), state.strings, () => this.editor.showNotice());
    this.editor = new Editor(form, {
      state, statusLine: this.statusLine, clock: this.clock, visited, folding: this.folding,
      onChange: () => this.#changed(),
    });
    this.columns = new Columns($("#columns"));
    this.outbox = new Outbox(state.labeller);
    this.draft = new Draft({
      id: state.assignment, url: state.draftURL, send, local: state.correcting,
      onState: (saved, problem) => this.#saved(saved, problem),
    });
    this.submission = new Submission({
      assignment: state.assignment, url: state.judgementURL, send,
      outbox: this.outbox, draft: this.draft, read: () => this.editor.readFinal(),
      events: {
        sending: () => this.#sending(), waiting: (problem) => this.#waiting(problem),
        refused: (problem) => this.#refused(problem), done: () => this.#done(),
      },
    });
    this.delivery = new Delivery({
      outbox: this.outbox, except: state.assignment, send,
      events: {
        delivered: ({ isNew }) => isNew && navigator.count({ shows: true }),
        refused: ({ message }) =>
          this.statusLine.say(fill(this.strings.lateRefused, { reason: message }), "bad"),
        rested: (problem) => this.#rested(problem),
      },
    });
    this.lease = new Lease({
      url: state.renewalURL, everySeconds: state.renewEverySeconds, isAhead: ahead, send,
      onLost: (problem, lease) => this.#leaseLost(problem, lease),
    });
    this.lookAhead = new LookAhead(() => navigator.fetchPage(state.aheadURL, "POST"));
    this.next = new NextPrompt({ navigator, lookAhead: this.lookAhead, state, resume });
    this.#open();
  }

  close() {
    this.stopListening();
    this.footer.disconnect();
    const { asWritten, clock, lease, lookAhead, submission, delivery } = this;
    for (const part of [asWritten, clock, lease, lookAhead, submission, delivery, this.window]) {
      part.close();
    }
    $("#help")?.removeEventListener("click", showKeys);
  }

  // MARK: Opening

  #open() {
    const isRestored = this.editor.restore(this.draft);
    this.editor.open();
    this.#openControls();
    const dressed = highlight(this.form);
    this.asWritten = new AsWritten(this.form, {
      onProblem: (sentence) => this.statusLine.say(sentence, "warn"),
    });
    openAtLastTurn($(".conversation", this.form), dressed);
    this.#openWindow();
    this.lease.start();
    if (this.state.aheadURL) this.lookAhead.start();
    if (isRestored && this.state.correcting) this.statusLine.say(this.strings.restored);
    this.#deliver();
  }

  #openControls() {
    const { form, state } = this;
    form.addEventListener("submit", (event) => this.#submitted(event));
    // The strength scale and the ranking panel stick above the footer, however tall its message is.
    this.footer = new ResizeObserver(([{ borderBoxSize: [box] }]) =>
      form.style.setProperty("--foot", `${box.blockSize}px`));
    this.footer.observe($(".form-actions", form));
    $("#open-guidelines").addEventListener("click", (event) => {
      event.preventDefault();
      showGuidelines();
    });
    $("#help")?.addEventListener("click", showKeys);
    $("#undo").addEventListener("click", () => this.#undo());
    $("#copies")?.addEventListener("click", ({ target }) => {
      const key = target.dataset.copy;
      if (key) this.editor.copyToDemonstration(key).catch((problem) => this.#complain(problem));
    });
    bindSingleKeys($("#single-keys"));
    const { editor } = this;
    this.stopListening = listen(editor.actions, editor.ordering, {
      submit: () => form.requestSubmit($("#submit")) ?? true,
      undo: () => this.#undo(),
      skip: () => $("#skip").click() ?? true,
      guidelines: showGuidelines,
      help: showKeys,
      why: () => editor.write(),
      ideal: () => editor.writeIdeal(),
      unfold: (choices) => editor.unfold(choices),
      columns: () => this.columns.toggle(),
      asWritten: () => this.asWritten.toggle(),
    }, { keys: state.keys, flagKeys: state.flagKeys, hasStrength: state.strength });
  }

  #openWindow() {
    this.window = new WindowEvents({
      assignment: this.state.assignment,
      onReturn: async () => {
        if (this.submission.isIdle) this.draft.flush();
        await this.delivery.run();
        this.submission.sendNow();
      },
      onLeave: () => this.draft.flush({ keepalive: true }),
      onSubmittedElsewhere: () => this.#submittedElsewhere(),
    });
  }

  // Sends what was submitted without a connection before this page was opened.
  #deliver() {
    const unsent = this.submission.unsent;
    if (unsent) {
      this.editor.show(unsent);
      this.submission.submit(unsent);
    }
    this.#countWaiting();
    this.delivery.run();
  }

  #countWaiting() {
    this.statusLine.waiting = this.outbox.count;
  }

  // What waited has been sent, or cannot be sent now.
  #rested(problem) {
    const hadAny = this.statusLine.waiting > 0;
    this.#countWaiting();
    if (problem) this.statusLine.saved(problem.offline ? "offline" : "trouble");
    else if (hadAny) this.statusLine.saved("saved");
    if (!problem) this.lookAhead.retry();
  }

  // MARK: Changes

  #changed() {
    this.draft.keep(this.editor.read());
    this.submission.replaceWaiting();
  }

  #undo() {
    const earlier = this.editor.undoStep();
    if (earlier) this.#goBack(earlier);
    return true;
  }

  async #goBack(earlier) {
    this.draft.flush();
    const stays = await this.next.goBack(earlier);
    if (stays) this.statusLine.say(this.strings.undoOffline, "warn");
  }

  #saved(state, problem) {
    this.statusLine.saved(state);
    if (!problem || problem.offline) return;
    if (problem.code === "leaseEnded" && !this.editor.isTouched) return;
    this.#complain(problem);
  }

  // MARK: Submitting

  #submitted(event) {
    event.preventDefault();
    if (event.submitter?.id === "skip") this.#skip();
    else if (this.#isComplete()) this.#submit();
  }

  #submit() {
    this.note = this.editor.idealAnswer.isUnchanged ? this.strings.copyLeftOut : "";
    this.submission.submit();
  }

  #isComplete() {
    const { judgementForm, idealAnswer } = this.editor;
    const gap = firstMissing(judgementForm, { ...this.state, idealAnswer });
    if (!gap) return true;
    this.statusLine.say(gap.sentence, "warn");
    this.statusLine.announce(gap.sentence);
    if (gap.key) this.editor.actions.focus(gap.key);
    else gap.control?.focus();
    return false;
  }

  #sending() {
    this.statusLine.saved("saving");
    $("#submit").disabled = true;
  }

  // Work continues with the prompt that was fetched ahead; this judgement waits on the device.
  async #waiting(problem) {
    this.#countWaiting();
    this.statusLine.saved(problem.offline ? "offline" : "trouble");
    const visited = this.editor.undo.visitedWith(location.pathname);
    const message = problem.offline ? this.strings.willSend : this.strings.serverTrouble;
    if (!problem.signedOut && await this.next.showReady({ visited, message })) return;
    if (problem.offline) this.statusLine.say(message, "warn");
    else this.#complain(problem);
  }

  #refused(problem) {
    this.draft.stayHere(this.state.correcting);
    $("#submit").disabled = false;
    this.statusLine.saved("problem");
    this.#complain(problem);
  }

  async #done() {
    this.window.announceSubmission();
    this.statusLine.announce(this.strings.submitted);
    if (!this.state.correcting) this.navigator.count();
    await this.next.show(this.editor.undo.visitedWith(location.pathname), this.note);
  }

  async #skip() {
    const reason = await askSkipReason();
    if (!reason) return;
    try {
      await send("POST", this.state.skipURL, { reason });
      this.draft.close();
      await this.next.show(this.editor.undo.visited);
    } catch (problem) {
      this.#complain(problem);
    }
  }

  #submittedElsewhere() {
    if (!this.submission.isIdle) return;
    this.draft.stayHere();
    if (this.editor.isTouched) this.statusLine.say(this.strings.submittedElsewhere, "warn");
    else this.next.claim(this.state.correcting ? "GET" : "POST");
  }

  #leaseLost(problem, { isAhead }) {
    if (!this.submission.isIdle) return;
    // Someone else may have claimed the prompt after it was fetched ahead.
    if (isAhead && !this.editor.isTouched) this.next.claim();
    else this.#complain(problem);
  }

  #complain(problem) {
    this.statusLine.explain(problem, {
      signInURL: this.state.signInURL, onNext: () => this.next.claim(),
    });
  }
}
