// The labelling page. Everything works without this; with it, ranking is quick and nothing is lost.
import { send } from "./api.js";
import { ActiveClock } from "./clock.js";
import { Draft } from "./draft.js";
import { enrich, loadScript } from "./enrich.js";
import { listen } from "./keyboard.js";
import { Rail, describe } from "./rail.js";
import { contradictions, fromGroups, moved, placed, removed, same } from "./ranking.js";
import { Sheet } from "./sheet.js";

const $ = (selector, root = document) => root.querySelector(selector);
const fill = (sentence, values) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

class LabellingPage {
  #history = [];
  #current = null;
  #submitting = false;
  #warned = false;

  constructor(form, { previous = null, resume = null, ahead = false } = {}) {
    this.form = form;
    this.state = JSON.parse(form.dataset.state);
    this.words = this.state.words;
    this.keys = this.state.keys;
    this.previous = previous;
    // Where to go after a correction that came of Undo: back to work.
    this.resume = resume;
    this.ahead = ahead;
    this.sheet = new Sheet(form, this.keys);
    this.clock = new ActiveClock(Number(form.elements.activeSeconds.value) || 0);
    this.draft = new Draft({
      id: this.state.assignment, url: this.state.draftURL, send,
      onState: (state, problem) => this.#showSaved(state, problem),
    });
    this.#open();
  }

  #open() {
    if (this.draft.unsent && !this.state.correcting) {
      this.sheet.judgement = this.draft.unsent;
      this.draft.keep(this.sheet.judgement);
    }
    this.sheet.markRanked();
    if (this.state.ranks) {
      this.rail = new Rail($("#rail"), {
        keys: this.keys, ties: this.state.ties, words: this.words,
        onChange: (places, key) => this.#rank(places, key),
        onFocus: (key) => this.#focus(key, { moves: false }),
      });
      this.rail.draw(this.sheet.places);
      loadSortable(this.state.sortable).then(() => this.rail.enableDragging());
    }
    this.last = this.sheet.judgement;
    this.form.addEventListener("input", (event) => this.#changed(event));
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    this.form.addEventListener("focusin", ({ target }) => {
      const answer = target.closest(".answer");
      if (answer) this.#mark(answer.dataset.key);
    });
    this.form.addEventListener("click", ({ target }) => {
      if (target.closest(".answer") && !target.closest("button, a, label, select, input")) {
        this.#mark(target.closest(".answer").dataset.key);
      }
    });
    $("#open-guidelines").addEventListener("click", (event) => {
      event.preventDefault();
      $("#guidelines").showModal();
    });
    $("#undo").addEventListener("click", () => this.#undo());
    $("#copies")?.removeAttribute("hidden");
    $("#copies")?.addEventListener("click", ({ target }) => {
      if (target.dataset.copy) this.#startFrom(target.dataset.copy);
    });
    $("#help")?.addEventListener("click", this.#help);
    this.#showUndo();
    this.#fold();
    enrich(this.form);
    this.stopListening = listen({
      focus: (key) => this.#focus(key),
      place: (place) => this.#place(place),
      move: (step) => this.#move(step),
      step: (step) => this.#stepFocus(step),
      rate: (value) => this.#rate(value),
      strength: (digit) => this.#strength(digit),
      flag: (flag) => this.#flag(flag),
      awaitFlag: (waiting) => this.#say(waiting ? this.words.whichFlag : ""),
      submit: () => this.form.requestSubmit($("#submit")) ?? true,
      undo: () => this.#undo(),
      skip: () => $("#skip").click() ?? true,
      guidelines: () => $("#guidelines").showModal() ?? true,
      help: () => this.#help(),
    }, { keys: this.keys, flags: this.state.flags, hasStrength: this.state.strength });
    if (this.state.renewEverySeconds) {
      this.renewal = setInterval(() => this.#renew(), this.state.renewEverySeconds * 1000);
    }
    if (this.ahead) this.#renew();
    addEventListener("online", this.#online);
    addEventListener("pagehide", this.#leaving);
    if (this.state.aheadURL) this.next = whenCalm().then(() => this.#fetchAhead());
  }

  // The prompt after this one, parsed and waiting; null when there is none or no connection.
  async #fetchAhead() {
    if (page !== this) return null;
    return fetchPage(this.state.aheadURL, "POST").catch(() => null);
  }

  close() {
    this.stopListening();
    this.clock.stop();
    clearInterval(this.renewal);
    clearTimeout(this.retry);
    removeEventListener("online", this.#online);
    removeEventListener("pagehide", this.#leaving);
    $("#help")?.removeEventListener("click", this.#help);
  }

  #online = () => {
    if (this.#submitting === "waiting") this.#submit();
    else this.draft.flush();
  };

  #leaving = () => {
    this.draft.flush();
  };

  #help = () => {
    $("#keys").showModal();
    return true;
  };

  // MARK: Ranking

  #rank(places, key) {
    const before = this.sheet.places;
    if (!same(before, places)) {
      this.#remember();
      this.sheet.places = places;
      this.#keep();
      const place = places.get(key);
      this.#announce(place
        ? fill(this.words.movedTo, { key, place, all: describe(places, this.words) })
        : fill(this.words.unrankedNow, { key }));
    }
    this.rail?.draw(this.sheet.places, key);
    this.#mark(key);
  }

  #place(place) {
    if (!this.#current || !this.state.ranks) return this.#say(this.words.pickFirst) ?? true;
    if (place > this.keys.length) return true;
    const places = place === 0
      ? removed(this.sheet.places, this.#current)
      : placed(this.sheet.places, this.#current, place, { ties: this.state.ties });
    this.#rank(places, this.#current);
    return true;
  }

  #move(step) {
    if (!this.#current || !this.state.ranks) return false;
    this.#rank(moved(this.sheet.places, this.#current, step), this.#current);
    return true;
  }

  #rate(value) {
    if (!this.#current) return true;
    this.#remember();
    if (this.sheet.rate(this.#current, value)) this.#keep();
    return true;
  }

  #strength(digit) {
    this.#remember();
    if (this.sheet.pickPreference(digit - 1)) {
      this.sheet.settlePreference();
      this.#keep();
    }
    return true;
  }

  #flag(flag) {
    if (!this.#current) return this.#say(this.words.pickFirst);
    this.#remember();
    const raised = this.sheet.toggleFlag(this.#current, flag);
    this.#keep();
    this.#announce(fill(raised ? this.words.flagRaised : this.words.flagLowered,
      { flag: this.state.flagNames[flag] ?? flag, key: this.#current }));
    return true;
  }

  #focus(key, { moves = true } = {}) {
    this.#mark(key);
    const answer = this.sheet.answer(key);
    if (moves) answer.focus({ preventScroll: true });
    answer.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    return true;
  }

  #stepFocus(step) {
    const at = this.keys.indexOf(this.#current);
    return this.#focus(this.keys[(at + step + this.keys.length) % this.keys.length]);
  }

  #mark(key) {
    this.#current = key;
    for (const answer of this.form.querySelectorAll(".answer")) {
      answer.classList.toggle("current", answer.dataset.key === key);
    }
  }

  // MARK: Keeping

  #changed(event) {
    if (event.target.name?.startsWith("place.")) {
      this.sheet.markRanked();
      this.rail?.draw(this.sheet.places, event.target.name.split(".")[1]);
    }
    if (event.target.name === "preference") this.sheet.settlePreference();
    if (!event.target.matches("textarea")) this.#pushHistory(this.last);
    this.#keep();
  }

  #keep() {
    this.last = this.sheet.judgement;
    this.#warned = false;
    const [first] = contradictions(
      fromGroups(this.last.ranking), this.sheet.ratings);
    this.#say(first ? fill(this.words.contradiction, { a: first[0], b: first[1] }) : "", "warn");
    if (!this.state.correcting) {
      this.draft.keep({ ...this.last, activeSeconds: this.clock.read() });
    }
    this.#showUndo();
  }

  // An answer to improve: edited, it counts as better than the chosen one.
  async #startFrom(key) {
    try {
      const { answer } = await send("GET", this.state.assignmentURL);
      const area = this.form.elements.demonstration;
      this.#remember();
      area.value = answer.responses.find((one) => one.key === key)?.text ?? area.value;
      this.#keep();
      area.focus();
    } catch (problem) {
      this.#say(problem.offline ? this.words.skipOffline : problem.message, "bad");
    }
  }

  #remember() {
    this.#pushHistory(this.sheet.judgement);
  }

  #pushHistory(judgement) {
    this.#history.push(judgement);
    if (this.#history.length > 100) this.#history.shift();
  }

  #undo() {
    if (this.#history.length) {
      this.sheet.judgement = this.#history.pop();
      this.rail?.draw(this.sheet.places);
      this.#keep();
      this.#announce(this.words.undone);
    } else if (this.previous) {
      this.draft.flush();
      visit(this.previous, { resume: this.state.correcting ? null : this.state.nextURL });
    }
    this.#showUndo();
    return true;
  }

  #showUndo() {
    $("#undo").hidden = !this.#history.length && !this.previous;
  }

  // MARK: Submitting

  #submitted(event) {
    event.preventDefault();
    if (event.submitter?.id === "skip") this.#skip();
    else if (this.#complete()) this.#submit();
  }

  #complete() {
    const missing = this.#missing();
    if (!missing) return true;
    this.#say(missing.sentence, "warn");
    this.#announce(missing.sentence);
    if (missing.key) this.#focus(missing.key);
    else missing.control?.focus();
    return false;
  }

  #missing() {
    const { required } = this.state;
    const judgement = this.sheet.judgement;
    const without = (has) => this.keys.filter((key) => !has(key));
    if (this.state.ranks && (required.ranking || judgement.ranking)) {
      const places = this.sheet.places;
      const left = without((key) => places.has(key));
      if (left.length) return this.#gapIn(this.words.missingRank, left);
    }
    if (required.rating) {
      const left = without((key) => judgement.ratings?.[key]);
      if (left.length) return this.#gapIn(this.words.missingRating, left);
    }
    for (const question of ["strength", "confidence", "rationale", "demonstration"]) {
      if (required[question] && judgement[question] === undefined) {
        const control = this.form.elements[question === "strength" ? "preference" : question];
        return {
          sentence: fill(this.words.missingAnswer, { question: this.words[question] }),
          control: control instanceof RadioNodeList ? control[0] : control,
        };
      }
    }
    return null;
  }

  #gapIn(sentence, keys) {
    return { sentence: fill(sentence, { keys: keys.join(", ") }), key: keys[0] };
  }

  async #submit() {
    if (this.#submitting === true) return;
    this.#submitting = true;
    this.#showSaved("saving");
    $("#submit").disabled = true;
    const judgement = this.pending ??
      { ...this.sheet.judgement, activeSeconds: this.clock.read() };
    this.pending = judgement;
    await this.draft.settle();
    try {
      await send("PUT", this.state.judgementURL, judgement);
    } catch (problem) {
      this.#refused(problem, judgement);
      return;
    }
    this.draft.close();
    this.#announce(this.words.submitted);
    if (!this.state.correcting) today += 1;
    await this.#goOn(location.pathname);
  }

  async #goOn(previous) {
    const next = await Promise.race([this.next ?? null, patience()]);
    if (next) {
      show(next, { previous, saved: true, ahead: true });
    } else {
      const url = this.resume ?? this.state.nextURL;
      const method = this.state.correcting && !this.resume ? "GET" : "POST";
      await visit(url, { method, previous, saved: true });
    }
  }

  #refused(problem, judgement) {
    if (problem.offline) {
      // The judgement travels again, unchanged, until it arrives; the server counts it once.
      this.#submitting = "waiting";
      this.draft.keep(judgement);
      this.#showSaved("offline");
      this.#say(this.words.willSend, "warn");
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.#submit(), 4000);
      return;
    }
    this.#submitting = false;
    this.pending = undefined;
    $("#submit").disabled = false;
    this.#showSaved("problem", problem);
    this.#announce(problem.message);
  }

  async #skip() {
    const dialog = $("#skip-reasons");
    dialog.showModal();
    const onKey = (event) => {
      const choice = dialog.querySelectorAll("button[name=reason]")[Number(event.key) - 1];
      if (choice) choice.click();
    };
    dialog.addEventListener("keydown", onKey);
    await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
    dialog.removeEventListener("keydown", onKey);
    if (!dialog.returnValue) return;
    try {
      await send("POST", this.state.skipURL, { reason: dialog.returnValue });
      this.draft.close();
      await this.#goOn(this.previous);
    } catch (problem) {
      this.#say(problem.offline ? this.words.skipOffline : problem.message, "bad");
    } finally {
      dialog.returnValue = "";
    }
  }

  async #renew() {
    if (document.hidden && !this.ahead) return;
    try {
      await send("POST", this.state.renewalURL);
      this.ahead = false;
    } catch (problem) {
      if (problem.offline) return;
      // What was fetched ahead may have gone to someone else meanwhile: take the one after it.
      if (this.ahead && page === this) await visit(this.state.nextURL, { method: "POST" });
      else this.#say(problem.message, "bad");
    }
  }

  // MARK: Saying

  #showSaved(state, problem) {
    const saved = $("#saved");
    if (saved) {
      saved.dataset.state = state;
      saved.textContent = this.words[state] ?? "";
    }
    if (problem) this.#say(problem.message, "bad");
  }

  #say(sentence, kind = "") {
    const line = $("#message");
    line.textContent = sentence;
    line.className = `message-line ${sentence ? kind : ""}`;
  }

  #announce(sentence) {
    $("#announcer").textContent = sentence;
  }

  #fold() {
    for (const prose of this.form.querySelectorAll(".answer > .prose")) {
      if (prose.scrollHeight < 760) continue;
      const unfold = document.createElement("button");
      unfold.type = "button";
      unfold.className = "linklike unfold";
      unfold.textContent = this.words.unfold;
      unfold.addEventListener("click", () => {
        const folded = prose.classList.toggle("folded");
        unfold.textContent = folded ? this.words.unfold : this.words.fold;
      });
      prose.classList.add("folded");
      prose.after(unfold);
    }
  }
}

// MARK: Going on without a flash

let page = null;
let today = 0;

async function fetchPage(url, method = "GET") {
  const response = await fetch(url, { method, headers: { accept: "text/html" } });
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  return $("#main #judgement", next) ? { document: next, url: response.url } : null;
}

async function visit(url, { method = "GET", ...choices } = {}) {
  let next = null;
  try {
    next = await fetchPage(url, method);
  } catch { /* the browser says best that there is no connection */ }
  if (!next) {
    // A claim that led nowhere leads to the page that says why.
    if (method === "GET") location.assign(url);
    else post(url);
    return;
  }
  today = JSON.parse($("#judgement", next.document).dataset.state).today;
  show(next, choices);
}

function post(url) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
  document.body.append(form);
  form.submit();
}

function show({ document: next, url }, { saved = false, ...choices } = {}) {
  page?.close();
  $("#main").replaceWith(document.adoptNode($("#main", next)));
  const ends = [$(".bar-end"), $(".bar-end", next)];
  if (ends[0] && ends[1]) ends[0].replaceWith(document.adoptNode(ends[1]));
  document.title = next.title;
  history.pushState(null, "", url);
  scrollTo(0, 0);
  start(choices);
  const line = $(".bar-end .today");
  if (line && page) {
    line.textContent = fill(page.words[today === 1 ? "today.one" : "today.other"], { count: today });
  }
  if (saved && $("#saved")) {
    $("#saved").dataset.state = "saved";
    $("#saved").textContent = page.words.saved;
  }
}

function start(choices = {}) {
  const form = $("#judgement");
  page = form ? new LabellingPage(form, choices) : null;
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

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function loadSortable(url) {
  return loadScript(url).catch(() => new Promise(() => {}));
}

addEventListener("popstate", () => location.reload());
start();
today = page?.state.today ?? 0;
