// The labelling page: a judgement on the bench, from the first touch until it is submitted.
import { send } from "./api.js";
import { ActiveClock } from "./clock.js";
import { Deeds } from "./deeds.js";
import { Draft } from "./draft.js";
import { enrich, loadScript } from "./enrich.js";
import { fold } from "./fold.js";
import { listen, setSingleKeys, singleKeys } from "./keyboard.js";
import { missing } from "./missing.js";
import { Outbox } from "./outbox.js";
import { Rail } from "./rail.js";
import { contradictions, fromGroups } from "./ranking.js";
import { Sheet } from "./sheet.js";
import { Voice, fill } from "./voice.js";

const $ = (selector, root = document) => root.querySelector(selector);
const RETRY = 4000;

export class Bench {
  #history = [];
  #submitting = false;
  #touched = false;
  #windows = new BroadcastChannel("plumbline");
  #over = new AbortController();

  // `passage` leads to other prompts; `trail` holds those submitted before, for Undo; `resume` is
  // where work goes on after a correction that came of Undo.
  constructor(form, passage, { trail = [], resume = null, ahead = false } = {}) {
    Object.assign(this, { form, passage, trail, resume, ahead });
    this.state = JSON.parse(form.dataset.state);
    this.words = this.state.words;
    this.keys = this.state.keys;
    this.voice = new Voice(this.words);
    this.sheet = new Sheet(form, this.keys);
    this.clock = new ActiveClock(Number(form.elements.activeSeconds.value) || 0);
    this.outbox = new Outbox(this.state.labeller);
    this.draft = new Draft({
      id: this.state.assignment, url: this.state.draftURL, send, local: this.state.correcting,
      onState: (state, problem) => this.#kept(state, problem),
    });
    this.deeds = new Deeds(this);
    this.#open();
  }

  // MARK: Opening

  #open() {
    const isRestored = this.#restore();
    this.sheet.markRanked();
    if (this.state.ranks) this.#openRail();
    this.last = this.sheet.judgement;
    this.#noticeContradiction();
    this.#openControls();
    this.#showUndo();
    fold(this.form.querySelectorAll(".answer > .prose"), this.words);
    enrich(this.form);
    this.#openKeyboard();
    if (this.state.renewEverySeconds) {
      this.renewal = setInterval(() => this.#renew(), this.state.renewEverySeconds * 1000);
    }
    if (this.ahead) this.#renew();
    this.#openWindow();
    if (this.state.aheadURL) this.next = whenCalm().then(() => this.#fetchAhead());
    if (isRestored && this.state.correcting) this.voice.say(this.words.restored);
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
    this.sheet.judgement = unsent;
    if (Number.isFinite(seconds)) this.clock.seconds = Math.max(this.clock.seconds, seconds);
    this.draft.keep({ ...this.sheet.judgement, activeSeconds: this.clock.read() });
    return true;
  }

  #openRail() {
    this.rail = new Rail($("#rail"), {
      keys: this.keys, ties: this.state.ties, words: this.words,
      onChange: (places, key) => this.deeds.rank(places, key),
      onFocus: (key, { picked }) => {
        this.deeds.focus(key, { moves: false });
        if (picked) this.voice.announce(fill(this.words.picked, { key }));
      },
    });
    this.rail.draw(this.sheet.places);
    loadScript(this.state.sortable).then(() => this.rail.enableDragging(), () => {});
  }

  #openControls() {
    const { form, deeds } = this;
    form.addEventListener("input", (event) => this.#changed(event));
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("focusin", ({ target }) => {
      const answer = target.closest(".answer");
      if (answer) deeds.mark(answer.dataset.key);
    });
    form.addEventListener("click", ({ target }) => {
      const answer = target.closest(".answer");
      if (answer && !target.closest("button, a, label, select, input")) {
        deeds.mark(answer.dataset.key);
      }
    });
    // What sticks above the foot stands on it, however many lines its message takes.
    this.foot = new ResizeObserver(([{ borderBoxSize: [box] }]) =>
      form.style.setProperty("--foot", `${box.blockSize}px`));
    this.foot.observe($(".deed", form));
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
    const { deeds } = this;
    this.stopListening = listen({
      focus: (key) => deeds.focus(key), place: (place) => deeds.place(place),
      move: (step) => deeds.move(step), step: (step) => deeds.step(step),
      rate: (value) => deeds.rate(value), strength: (digit) => deeds.strength(digit),
      flag: (flag) => deeds.flag(flag), awaitFlag: (...waiting) => deeds.awaitFlag(...waiting),
      putDown: () => deeds.putDown(),
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
    return this.passage.fetchPage(this.state.aheadURL, "POST").catch(() => null);
  }

  // What was submitted without a connection, before this page was opened.
  #deliver() {
    const mine = this.outbox.waitingFor(this.state.assignment);
    if (mine) {
      this.sheet.judgement = mine.judgement;
      this.rail?.draw(this.sheet.places);
      this.pending = mine.judgement;
      this.#submit();
    }
    this.outbox.deliver({
      besides: this.state.assignment,
      onRefused: ({ message }) =>
        this.voice.say(fill(this.words.lateRefused, { reason: message }), "bad"),
    });
  }

  // MARK: Keeping

  #changed(event) {
    const [question, key] = event.target.name?.split(".") ?? [];
    if (question === "place") {
      this.sheet.markRanked();
      this.rail?.draw(this.sheet.places, key);
    }
    if (question === "preference") this.sheet.settlePreference();
    if (!event.target.matches("textarea")) this.#push(this.last);
    this.keep();
  }

  keep() {
    this.#touched = true;
    this.last = this.sheet.judgement;
    this.#noticeContradiction();
    this.draft.keep({ ...this.last, activeSeconds: this.clock.read() });
    if (this.#submitting === "waiting") {
      // Changed while it waits for a connection: what is sent is what stands here.
      this.pending = { ...this.last, activeSeconds: this.clock.read() };
      this.outbox.put(this.state.assignment, this.state.judgementURL, this.pending);
    }
    this.#showUndo();
  }

  remember() {
    this.#push(this.sheet.judgement);
  }

  #push(judgement) {
    this.#history.push(judgement);
    if (this.#history.length > 100) this.#history.shift();
  }

  #noticeContradiction() {
    const [first] = contradictions(fromGroups(this.last.ranking), this.sheet.ratings);
    this.voice.notice(
      first ? fill(this.words.contradiction, { a: first[0], b: first[1] }) : "");
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
      this.sheet.judgement = this.#history.pop();
      this.rail?.draw(this.sheet.places);
      this.keep();
      this.voice.announce(this.words.undone);
    } else if (this.trail.length) {
      this.draft.flush();
      this.passage.visit(this.trail.at(-1), {
        trail: this.trail.slice(0, -1),
        resume: this.resume ?? (this.state.correcting ? null : this.state.nextURL),
      });
    }
    this.#showUndo();
    return true;
  }

  #showUndo() {
    $("#undo").hidden = !this.#history.length && !this.trail.length;
  }

  #kept(state, problem) {
    this.voice.saved(state);
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
    const gap = missing(this.sheet, this.state);
    if (!gap) return true;
    this.voice.say(gap.sentence, "warn");
    this.voice.announce(gap.sentence);
    if (gap.key) this.deeds.focus(gap.key);
    else gap.control?.focus();
    return false;
  }

  async #submit() {
    if (this.#submitting === true) return;
    this.#submitting = true;
    this.voice.saved("saving");
    $("#submit").disabled = true;
    this.pending ??= { ...this.sheet.judgement, activeSeconds: this.clock.read() };
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
    this.voice.announce(this.words.submitted);
    if (!this.state.correcting) this.passage.count();
    await this.#goOn([...this.trail, location.pathname].slice(-50));
  }

  async #goOn(trail) {
    const next = await Promise.race([this.next ?? null, patience()]);
    if (next) {
      this.passage.show(next, { trail, saved: true, ahead: true });
    } else {
      const url = this.resume ?? this.state.nextURL;
      const method = this.state.correcting && !this.resume ? "GET" : "POST";
      await this.passage.visit(url, { method, trail, saved: true });
    }
  }

  #refused(problem) {
    if (problem.passes) {
      // The judgement travels again, unchanged, until it arrives; the server counts it once.
      this.#submitting = "waiting";
      // It may have arrived and only its answer got lost: then a draft would be refused.
      this.draft.stayHere();
      this.draft.keep(this.pending);
      this.voice.saved(problem.offline ? "offline" : "trouble");
      if (problem.offline) this.voice.say(this.words.willSend, "warn");
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
    this.voice.saved("problem");
    this.#complain(problem);
  }

  #again() {
    if (this.#submitting === "waiting") this.#submit();
    else this.draft.flush();
  }

  #submittedElsewhere() {
    if (this.#submitting) return;
    this.draft.stayHere();
    if (this.#touched) this.voice.say(this.words.submittedElsewhere, "warn");
    else this.passage.visit(this.state.nextURL, { method: this.state.correcting ? "GET" : "POST" });
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
      await this.#goOn(this.trail);
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
      if (this.ahead) await this.passage.visit(this.state.nextURL, { method: "POST" });
      else this.#complain(problem);
    }
  }

  // MARK: Saying

  #complain(problem) {
    if (problem.offline) {
      this.voice.say(this.words.skipOffline, "bad");
    } else if (problem.signedOut) {
      this.voice.say(this.words.signedOut, "warn",
        { href: this.state.signInURL, textContent: this.words.signInAgain });
    } else if (problem.trouble) {
      this.voice.say(this.words.serverTrouble, "warn");
    } else {
      this.voice.say(problem.message, "bad");
      if (["leaseExpired", "leaseEnded", "tooManyRevisions"].includes(problem.code)) {
        this.voice.offerOnward(() => this.passage.visit(this.state.nextURL, { method: "POST" }));
      }
    }
  }

  #readGuidelines() {
    $("#guidelines").showModal();
    enrich($("#guidelines"));
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

function patience() {
  return new Promise((over) => setTimeout(over, 3000, null));
}
