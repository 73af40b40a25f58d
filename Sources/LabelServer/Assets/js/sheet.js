// The form is the one truth: this reads a judgement out of it and writes one into it.
import { fromGroups, groups } from "./ranking.js";

export class Sheet {
  constructor(form, keys) {
    this.form = form;
    this.keys = keys;
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
    if (Object.keys(this.ratings).length) judgement.ratings = this.ratings;
    const flags = {};
    for (const key of this.keys) {
      const raised = this.#checked(`flag.${key}`);
      if (raised.length) flags[key] = raised;
    }
    if (Object.keys(flags).length) judgement.flags = flags;
    const promptFlags = this.#checked("promptFlag");
    if (promptFlags.length) judgement.promptFlags = promptFlags;
    for (const name of ["strength", "confidence"]) {
      const value = this.#radio(name);
      if (value) judgement[name] = Number(value);
    }
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
        strength: [judgement.strength],
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

  pickStrength(index) {
    const choices = this.#boxes("strength");
    return choices[index] ? this.#pick("strength", choices[index].value) : false;
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
