// Controls the labelling page: one assignment, from opening to submission.
import { send } from "./api.js";
import { ActiveClock } from "./clock.js";
import { Actions } from "./actions.js";
import { Draft } from "./draft.js";
import { highlight, loadScript } from "./highlight.js";
import { collapse } from "./collapse.js";
import { listen, setSingleKeys, singleKeys } from "./keyboard.js";
import { firstMissing } from "./validation.js";
import { Outbox } from "./outbox.js";
import { RankingPanel } from "./ranking-panel.js";
import { contradictions, fromGroups } from "./ranking.js";
import { JudgementForm } from "./judgement-form.js";
import { StatusLine, fill } from "./status-line.js";

const $ = (selector, root = document) => root.querySelector(selector);
const RETRY = 4000;

export class LabellingPage {
  #history = [];
  #submitting = false;
  #touched = false;
  #windows = new BroadcastChannel("plumbline");
  #over = new AbortController();

  // `navigator` leads to other prompts; `visited` holds those submitted before, for Undo; `resume` is
  // where work goes on after a correction that came of Undo.
  constructor(form, navigator, { visited = [], resume = null, ahead = false } = {}) {
    Object.assign(this, { form, navigator, visited, resume, ahead });
    this.state = JSON.parse(form.dataset.state);
    this.strings = this.state.strings;
    this.keys = this.state.keys;
    this.statusLine = new StatusLine(this.strings);
    this.judgementForm = new JudgementForm(form, this.keys);
    this.clock = new ActiveClock(Number(form.elements.activeSeconds.value) || 0);
    this.outbox = new Outbox(this.state.labeller);
    this.draft = new Draft({
      id: this.state.assignment, url: this.state.draftURL, send, local: this.state.correcting,
      onState: (state, problem) => this.#kept(state, problem),
    });
    this.actions = new Actions(this);
    this.#open();
  }

  // MARK: Opening

  #open() {
    const isRestored = this.#restore();
    this.judgementForm.markRanked();
    if (this.state.ranks) this.#openRankingPanel();
    this.last = this.judgementForm.judgement;
    this.#noticeContradiction();
    this.#openControls();
    this.#showUndo();
    collapse(this.form.querySelectorAll(".answer > .prose"), this.strings);
    highlight(this.form);
    this.#openKeyboard();
    if (this.state.renewEverySeconds) {
      this.renewal = setInterval(() => this.#renew(), this.state.renewEverySeconds * 1000);
    }
    if (this.ahead) this.#renew();
    this.#openWindow();
    if (this.state.aheadURL) this.next = whenCalm().then(() => this.#fetchAhead());
    if (isRestored && this.state.correcting) this.statusLine.say(this.strings.restored);
    this.#deliver();
  }

  #restore() {
    const unsent = this.draft.unsent;
    if (!unsent) return false;
    const seconds = unsent.activeSeconds ?? Infinity;
    // Worked on further on another device, while this one could not say what it held.
    if (seconds < this.clock.read()) {
      this.draft.forget();
      return false;
    }
    this.judgementForm.judgement = unsent;
    if (Number.isFinite(seconds)) this.clock.seconds = Math.max(this.clock.seconds, seconds);
    this.draft.keep({ ...this.judgementForm.judgement, activeSeconds: this.clock.read() });
    return true;
  }

  #openRankingPanel() {
    this.rankingPanel = new RankingPanel($("#ranking-panel"), {
      keys: this.keys, ties: this.state.ties, strings: this.strings,
      onChange: (places, key) => this.actions.rank(places, key),
      onFocus: (key, { picked }) => {
        this.actions.focus(key, { moves: false });
        if (picked) this.statusLine.announce(fill(this.strings.picked, { key }));
      },
    });
    this.rankingPanel.draw(this.judgementForm.places);
    loadScript(this.state.sortable).then(() => this.rankingPanel.enableDragging(), () => {});
  }

  #openControls() {
    const { form, actions } = this;
    form.addEventListener("input", (event) => this.#changed(event));
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("focusin", ({ target }) => {
      const answer = target.closest(".answer");
      if (answer) actions.mark(answer.dataset.key);
    });
    form.addEventListener("click", ({ target }) => {
      const answer = target.closest(".answer");
      if (answer && !target.closest("button, a, label, select, input")) {
        actions.mark(answer.dataset.key);
      }
    });
    // What sticks above the foot stands on it, however many lines its message takes.
    this.foot = new ResizeObserver(([{ borderBoxSize: [box] }]) =>
      form.style.setProperty("--foot", `${box.blockSize}px`));
    this.foot.observe($(".form-actions", form));
    $("#open-guidelines").addEventListener("click", (event) => {
      event.preventDefault();
      this.#readGuidelines();
    });
    $("#undo").addEventListener("click", () => this.#undo());
    $("#copies")?.removeAttribute("hidden");
    $("#copies")?.addEventListener("click", ({ target }) => {
      if (target.dataset.copy) this.#startFrom(target.dataset.copy);
    });
  }

  #openKeyboard() {
    const setting = $("#single-keys");
    setting.checked = singleKeys();
    document.body.classList.toggle("no-keys", !singleKeys());
    setting.addEventListener("change", () => {
      setSingleKeys(setting.checked);
      document.body.classList.toggle("no-keys", !setting.checked);
    });
    const { actions } = this;
    this.stopListening = listen({
      focus: (key) => actions.focus(key), place: (place) => actions.place(place),
      move: (step) => actions.move(step), step: (step) => actions.step(step),
      rate: (value) => actions.rate(value), strength: (digit) => actions.strength(digit),
      flag: (flag) => actions.flag(flag), awaitFlag: (...waiting) => actions.awaitFlag(...waiting),
      putDown: () => actions.putDown(),
      submit: () => this.form.requestSubmit($("#submit")) ?? true,
      undo: () => this.#undo(),
      skip: () => $("#skip").click() ?? true,
      guidelines: () => this.#readGuidelines(),
      help: () => this.#help(),
    }, { keys: this.keys, flagKeys: this.state.flagKeys, hasStrength: this.state.strength });
  }

  // Listeners on the window end with this prompt.
  #openWindow() {
    const { signal } = this.#over;
    addEventListener("online", () => this.#again(), { signal });
    addEventListener("focus", () => this.#again(), { signal });
    addEventListener("pagehide", () => this.draft.flush({ keepalive: true }), { signal });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#renew();
    }, { signal });
    $("#help")?.addEventListener("click", () => this.#help(), { signal });
    this.#windows.addEventListener("message", ({ data }) => {
      if (data.submitted === this.state.assignment) this.#submittedElsewhere();
    }, { signal });
  }

  close() {
    this.stopListening();
    this.foot.disconnect();
    this.clock.stop();
    clearInterval(this.renewal);
    clearTimeout(this.retry);
    this.#over.abort();
    this.#windows.close();
  }

  // The prompt after this one, parsed and waiting; null when there is none or no connection.
  async #fetchAhead() {
    if (this.#over.signal.aborted) return null;
    return this.navigator.fetchPage(this.state.aheadURL, "POST").catch(() => null);
  }

  // What was submitted without a connection, before this page was opened.
  #deliver() {
    const mine = this.outbox.waitingFor(this.state.assignment);
    if (mine) {
      this.judgementForm.judgement = mine.judgement;
      this.rankingPanel?.draw(this.judgementForm.places);
      this.pending = mine.judgement;
      this.#submit();
    }
    this.outbox.deliver({
      besides: this.state.assignment,
      onRefused: ({ message }) =>
        this.statusLine.say(fill(this.strings.lateRefused, { reason: message }), "bad"),
    });
  }

  // MARK: Keeping

  #changed(event) {
    const [question, key] = event.target.name?.split(".") ?? [];
    if (question === "place") {
      this.judgementForm.markRanked();
      this.rankingPanel?.draw(this.judgementForm.places, key);
    }
    if (question === "preference") this.judgementForm.settlePreference();
    if (!event.target.matches("textarea")) this.#push(this.last);
    this.keep();
  }

  keep() {
    this.#touched = true;
    this.last = this.judgementForm.judgement;
    this.#noticeContradiction();
    this.draft.keep({ ...this.last, activeSeconds: this.clock.read() });
    if (this.#submitting === "waiting") {
      // Changed while it waits for a connection: what is sent is the current form.
      this.pending = { ...this.last, activeSeconds: this.clock.read() };
      this.outbox.put(this.state.assignment, this.state.judgementURL, this.pending);
    }
    this.#showUndo();
  }

  remember() {
    this.#push(this.judgementForm.judgement);
  }

  #push(judgement) {
    this.#history.push(judgement);
    if (this.#history.length > 100) this.#history.shift();
  }

  #noticeContradiction() {
    const [first] = contradictions(fromGroups(this.last.ranking), this.judgementForm.ratings);
    this.statusLine.notice(
      first ? fill(this.strings.contradiction, { a: first[0], b: first[1] }) : "");
  }

  // An answer to improve: edited, it counts as better than the chosen one.
  async #startFrom(key) {
    try {
      const { answer } = await send("GET", this.state.assignmentURL);
      const area = this.form.elements.demonstration;
      this.remember();
      area.value = answer.responses.find((one) => one.key === key)?.text ?? area.value;
      this.keep();
      area.focus();
    } catch (problem) {
      this.#complain(problem);
    }
  }

  #undo() {
    if (this.#history.length) {
      this.judgementForm.judgement = this.#history.pop();
      this.rankingPanel?.draw(this.judgementForm.places);
      this.keep();
      this.statusLine.announce(this.strings.undone);
    } else if (this.visited.length) {
      this.draft.flush();
      this.navigator.visit(this.visited.at(-1), {
        visited: this.visited.slice(0, -1),
        resume: this.resume ?? (this.state.correcting ? null : this.state.nextURL),
      });
    }
    this.#showUndo();
    return true;
  }

  #showUndo() {
    $("#undo").hidden = !this.#history.length && !this.visited.length;
  }

  #kept(state, problem) {
    this.statusLine.saved(state);
    if (!problem || problem.offline) return;
    if (problem.code === "leaseEnded" && !this.#touched) return;
    this.#complain(problem);
  }

  // MARK: Submitting

  #submitted(event) {
    event.preventDefault();
    if (event.submitter?.id === "skip") this.#skip();
    else if (this.#isComplete()) this.#submit();
  }

  #isComplete() {
    const gap = firstMissing(this.judgementForm, this.state);
    if (!gap) return true;
    this.statusLine.say(gap.sentence, "warn");
    this.statusLine.announce(gap.sentence);
    if (gap.key) this.actions.focus(gap.key);
    else gap.control?.focus();
    return false;
  }

  async #submit() {
    if (this.#submitting === true) return;
    this.#submitting = true;
    this.statusLine.saved("saving");
    $("#submit").disabled = true;
    this.pending ??= { ...this.judgementForm.judgement, activeSeconds: this.clock.read() };
    this.outbox.put(this.state.assignment, this.state.judgementURL, this.pending);
    await this.draft.settle();
    try {
      await send("PUT", this.state.judgementURL, this.pending);
    } catch (problem) {
      this.#refused(problem);
      return;
    }
    this.outbox.take(this.state.assignment);
    this.draft.close();
    this.#windows.postMessage({ submitted: this.state.assignment });
    this.statusLine.announce(this.strings.submitted);
    if (!this.state.correcting) this.navigator.count();
    await this.#goOn([...this.visited, location.pathname].slice(-50));
  }

  async #goOn(visited) {
    const next = await Promise.race([this.next ?? null, timeout()]);
    if (next) {
      this.navigator.show(next, { visited, saved: true, ahead: true });
    } else {
      const url = this.resume ?? this.state.nextURL;
      const method = this.state.correcting && !this.resume ? "GET" : "POST";
      await this.navigator.visit(url, { method, visited, saved: true });
    }
  }

  #refused(problem) {
    if (problem.passes) {
      // The judgement travels again, unchanged, until it arrives; the server counts it once.
      this.#submitting = "waiting";
      // It may have arrived and only its answer got lost: then a draft would be refused.
      this.draft.stayHere();
      this.draft.keep(this.pending);
      this.statusLine.saved(problem.offline ? "offline" : "trouble");
      if (problem.offline) this.statusLine.say(this.strings.willSend, "warn");
      else this.#complain(problem);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.#submit(), RETRY);
      return;
    }
    this.outbox.take(this.state.assignment);
    this.#submitting = false;
    this.pending = undefined;
    this.draft.stayHere(this.state.correcting);
    $("#submit").disabled = false;
    this.statusLine.saved("problem");
    this.#complain(problem);
  }

  #again() {
    if (this.#submitting === "waiting") this.#submit();
    else this.draft.flush();
  }

  #submittedElsewhere() {
    if (this.#submitting) return;
    this.draft.stayHere();
    if (this.#touched) this.statusLine.say(this.strings.submittedElsewhere, "warn");
    else this.navigator.visit(this.state.nextURL, { method: this.state.correcting ? "GET" : "POST" });
  }

  async #skip() {
    const dialog = $("#skip-reasons");
    dialog.returnValue = "";
    dialog.showModal();
    const onKey = (event) => {
      dialog.querySelectorAll("button[name=reason]")[Number(event.key) - 1]?.click();
    };
    dialog.addEventListener("keydown", onKey);
    await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
    dialog.removeEventListener("keydown", onKey);
    if (!dialog.returnValue) return;
    try {
      await send("POST", this.state.skipURL, { reason: dialog.returnValue });
      this.draft.close();
      await this.#goOn(this.visited);
    } catch (problem) {
      this.#complain(problem);
    }
  }

  async #renew() {
    if (!this.state.renewEverySeconds || (document.hidden && !this.ahead)) return;
    try {
      await send("POST", this.state.renewalURL);
      this.ahead = false;
    } catch (problem) {
      if (problem.passes || this.#submitting || this.#over.signal.aborted) return;
      // What was fetched ahead may have gone to someone else meanwhile: take the one after it.
      if (this.ahead) await this.navigator.visit(this.state.nextURL, { method: "POST" });
      else this.#complain(problem);
    }
  }

  // MARK: Saying

  #complain(problem) {
    if (problem.offline) {
      this.statusLine.say(this.strings.skipOffline, "bad");
    } else if (problem.signedOut) {
      this.statusLine.say(this.strings.signedOut, "warn",
        { href: this.state.signInURL, textContent: this.strings.signInAgain });
    } else if (problem.trouble) {
      this.statusLine.say(this.strings.serverTrouble, "warn");
    } else {
      this.statusLine.say(problem.message, "bad");
      if (["leaseExpired", "leaseEnded", "tooManyRevisions"].includes(problem.code)) {
        this.statusLine.offerNext(() => this.navigator.visit(this.state.nextURL, { method: "POST" }));
      }
    }
  }

  #readGuidelines() {
    $("#guidelines").showModal();
    highlight($("#guidelines"));
    return true;
  }

  #help() {
    $("#keys").showModal();
    return true;
  }
}

// First what is on the screen, then what comes next.
function whenCalm() {
  return new Promise((calm) => {
    if (window.requestIdleCallback) requestIdleCallback(calm, { timeout: 1000 });
    else setTimeout(calm, 300);
  });
}

function timeout() {
  return new Promise((over) => setTimeout(over, 3000, null));
}
