// The form is the one truth: this reads a judgement out of it and writes one into it.
import { fromGroups, groups } from "./ranking.js";

const BOTH_BAD = "bad";
const BAD_FLAG = "unhelpful";

export class JudgementForm {
  constructor(form, keys) {
    this.form = form;
    this.keys = keys;
    this.wereBad = this.#radio("preference") === BOTH_BAD;
  }

  get places() {
    const entries = this.keys
      .map((key) => [key, Number(this.#place(key)?.value || 0)])
      .filter(([, place]) => place > 0);
    return new Map(entries);
  }

  set places(places) {
    for (const key of this.keys) {
      const select = this.#place(key);
      if (select) select.value = places.has(key) ? String(places.get(key)) : "";
    }
    this.markRanked();
  }

  markRanked() {
    for (const key of this.keys) {
      const ranked = Boolean(this.#place(key)?.value);
      this.answer(key).toggleAttribute("data-ranked", ranked);
    }
  }

  get ratings() {
    const ratings = {};
    for (const key of this.keys) {
      const value = this.#radio(`rating.${key}`);
      if (value) ratings[key] = Number(value);
    }
    return ratings;
  }

  get judgement() {
    const judgement = {};
    const ranking = groups(this.places);
    if (ranking.length) judgement.ranking = ranking;
    const preference = this.#radio("preference");
    if (preference !== undefined) {
      Object.assign(judgement, fromPreference(
        preference === BOTH_BAD ? 0 : Number(preference), this.keys));
    }
    if (Object.keys(this.ratings).length) judgement.ratings = this.ratings;
    const flags = {};
    const areBad = preference === BOTH_BAD;
    for (const key of this.keys) {
      const raised = this.#checked(`flag.${key}`);
      if (areBad && !raised.includes(BAD_FLAG)) raised.push(BAD_FLAG);
      if (raised.length) flags[key] = raised;
    }
    if (Object.keys(flags).length) judgement.flags = flags;
    const promptFlags = this.#checked("promptFlag");
    if (promptFlags.length) judgement.promptFlags = promptFlags;
    const confidence = this.#radio("confidence");
    if (confidence) judgement.confidence = Number(confidence);
    for (const name of ["rationale", "demonstration"]) {
      const text = this.form.elements[name]?.value ?? "";
      if (text.trim()) judgement[name] = text;
    }
    return judgement;
  }

  set judgement(judgement) {
    this.places = fromGroups(judgement.ranking);
    for (const input of this.form.querySelectorAll("input[type=radio], input[type=checkbox]")) {
      const [question, key] = input.name.split(".");
      const values = {
        rating: [judgement.ratings?.[key]],
        flag: judgement.flags?.[key] ?? [],
        promptFlag: judgement.promptFlags ?? [],
        preference: [this.#toPreference(judgement)],
        confidence: [judgement.confidence],
      }[question] ?? [];
      input.checked = values.map(String).includes(input.value);
    }
    for (const name of ["rationale", "demonstration"]) {
      if (this.form.elements[name]) this.form.elements[name].value = judgement[name] ?? "";
    }
  }

  answer(key) {
    return this.form.querySelector(`#answer-${key}`);
  }

  toggleFlag(key, flag) {
    const box = this.#boxes(`flag.${key}`).find((input) => input.value === flag);
    if (!box) return null;
    box.checked = !box.checked;
    return box.checked;
  }

  rate(key, value) {
    return this.#pick(`rating.${key}`, value);
  }

  pickPreference(index) {
    const choice = this.#boxes("preference")[index];
    if (!choice) return null;
    choice.checked = true;
    return choice.nextElementSibling.firstChild.textContent.trim();
  }

  // “Both bad” is a tie with a flag on each: the flags show it, and go when it is taken back.
  settlePreference() {
    const areBad = this.#radio("preference") === BOTH_BAD;
    if (!areBad && !this.wereBad) return;
    for (const key of this.keys) {
      const box = this.#boxes(`flag.${key}`).find((input) => input.value === BAD_FLAG);
      if (box) box.checked = areBad;
    }
    this.wereBad = areBad;
  }

  #toPreference(judgement) {
    const preference = toPreference(judgement, this.keys);
    this.wereBad = preference === 0 && this.#boxes("preference").some((one) => one.value === BOTH_BAD) &&
      this.keys.every((key) => judgement.flags?.[key]?.includes(BAD_FLAG));
    return this.wereBad ? BOTH_BAD : preference;
  }

  #pick(name, value) {
    const choice = this.#boxes(name).find((input) => input.value === String(value));
    if (choice) choice.checked = true;
    return Boolean(choice);
  }

  #place(key) {
    return this.form.elements[`place.${key}`];
  }

  #boxes(name) {
    return [...this.form.querySelectorAll(`input[name="${name}"]`)];
  }

  #checked(name) {
    return this.#boxes(name).filter((input) => input.checked).map((input) => input.value);
  }

  #radio(name) {
    return this.#boxes(name).find((input) => input.checked)?.value;
  }
}

// Two answers on one scale: below zero the first is better, above zero the second, zero is a tie.
function fromPreference(preference, [first, second]) {
  const ranking = preference === 0 ? [[first, second]]
    : preference < 0 ? [[first], [second]] : [[second], [first]];
  return { ranking, strength: Math.abs(preference) };
}

function toPreference({ ranking, strength }, [first]) {
  if (!ranking?.length || strength === undefined) return undefined;
  return ranking[0].length > 1 ? 0 : ranking[0][0] === first ? -strength : strength;
}
