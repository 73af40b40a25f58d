// The form is the one truth: this reads a judgement out of it and writes one into it.
//
// The controls of a question are in an element with `data-question`: `data-member` is the place of
// its answer in a judgement, such as `ratings` or `answers.helpfulness`, `data-key` the answer that
// it is about, and `data-form` the form of its value: number, text, marks or sides.
import { fromGroups, groups } from "./ranking.js";

const BOTH_BAD = "bothBad";

export class JudgementForm {
  #lastRated = null;
  #lastClosing = null;

  constructor(form, keys) {
    this.form = form;
    this.keys = keys;
    this.fields = [...form.querySelectorAll("[data-question]")].map((element) => new Field(element));
    this.preference = this.fields.find((field) => field.form === "sides");
    this.wereBad = this.preference?.value === BOTH_BAD;
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
    return this.judgement.ratings ?? {};
  }

  get judgement() {
    const judgement = {};
    const ranking = groups(this.places);
    if (ranking.length) judgement.ranking = ranking;
    for (const field of this.fields) {
      const { value } = field;
      if (value === undefined) continue;
      if (field === this.preference) setPreference(judgement, field, this.keys);
      else put(judgement, field.path, value);
    }
    return judgement;
  }

  set judgement(judgement) {
    this.places = fromGroups(judgement.ranking);
    for (const field of this.fields) {
      field.value = field === this.preference
        ? preferenceIn(judgement, field, this.keys)
        : find(judgement, field.path);
    }
    this.wereBad = this.preference?.value === BOTH_BAD;
  }

  answer(key) {
    return this.form.querySelector(`#answer-${key}`);
  }

  toggleFlag(key, { question, value }) {
    const box = this.fields.find((field) => field.question === question && field.key === key)
      ?.input(value);
    if (!box) return null;
    box.checked = !box.checked;
    return box.checked;
  }

  // A digit answers the scale of the answer that has the focus, else the next without an answer,
  // else the last that a digit answered.
  rate(key, digit) {
    const point = this.#pointToRate(key, digit);
    if (!point) return null;
    this.#lastRated = point.scale;
    return point.choose();
  }

  canRate(key, digit) {
    return this.#pointToRate(key, digit) !== null;
  }

  // The scale after the answers that comes next: the first without an answer, else the one after
  // the last that was chosen by key. Null where there is none.
  nextClosingScale() {
    const scales = this.fields.filter((field) => !field.key && field.isScale);
    const after = scales.indexOf(this.#lastClosing) + 1;
    this.#lastClosing =
      scales.find((one) => one.value === undefined) ?? scales[after % scales.length] ?? null;
    return this.#lastClosing;
  }

  #pointToRate(key, digit) {
    const scales = this.fields.filter((field) => field.key === key && field.isScale);
    const scale = scales.find((one) => one.element.contains(document.activeElement)) ??
      scales.find((one) => one.value === undefined) ??
      scales.find((one) => one === this.#lastRated) ?? scales[0];
    return scale?.point(digit) ?? null;
  }

  pickPreference(index) {
    const choice = this.preference?.inputs[index];
    if (!choice) return null;
    choice.checked = true;
    return label(choice);
  }

  // “Both bad” raises a flag on each answer where the task has it, and takes it back.
  settlePreference() {
    const { raises } = this.preference;
    const areBad = this.preference.value === BOTH_BAD;
    if (areBad !== this.wereBad) {
      for (const field of this.fields.filter(({ question }) => question === "flags")) {
        const box = field.input(raises);
        if (box) box.checked = areBad;
      }
    }
    this.wereBad = areBad;
  }

  #place(key) {
    return this.form.elements[`place.${key}`];
  }
}

class Field {
  constructor(element) {
    const { question, member, key, form, title, raises } = element.dataset;
    Object.assign(this, { element, question, key, form, title, raises });
    this.path = [...member.split("."), ...(key ? [key] : [])];
    this.isRequired = element.hasAttribute("data-required");
    this.inputs = [...element.querySelectorAll("input")];
    this.area = element.querySelector("textarea");
    this.isScale = !this.area && form !== "marks" && form !== "sides";
  }

  get control() {
    return this.area ?? this.inputs[0];
  }

  get value() {
    if (this.area) return this.area.value.trim() ? this.area.value : undefined;
    const chosen = this.inputs.filter((input) => input.checked).map((input) => input.value);
    if (!chosen.length) return undefined;
    if (this.form === "marks") return chosen;
    return this.form === "number" ? Number(chosen[0]) : chosen[0];
  }

  set value(value) {
    if (this.area) this.area.value = value ?? "";
    const chosen = [value ?? []].flat().map(String);
    for (const input of this.inputs) input.checked = chosen.includes(input.value);
  }

  input(value) {
    return this.inputs.find((input) => input.value === value);
  }

  // The point of a digit: the number itself on a scale of numbers, else the first, the second and so
  // on. Null where there is none.
  point(digit) {
    const input = this.form === "number" ? this.input(String(digit)) : this.inputs[digit - 1];
    if (!input) return null;
    return {
      scale: this,
      choose: () => {
        input.checked = true;
        return { question: this.title, value: label(input) };
      },
    };
  }

  // The points with their digits, such as “1 Guessing”, for the message line.
  get points() {
    return this.inputs.map((input, index) => {
      const digit = this.form === "number" ? input.value : String(index + 1);
      return label(input) === digit ? digit : `${digit} ${label(input)}`;
    }).filter((_, index) => index < 10);
  }
}

function label(input) {
  return input.nextElementSibling.firstChild.textContent.trim();
}

function put(judgement, path, value) {
  let place = judgement;
  for (const name of path.slice(0, -1)) {
    if (!Object.hasOwn(place, name)) place[name] = {};
    place = place[name];
  }
  place[path.at(-1)] = value;
}

function find(judgement, path) {
  let value = judgement;
  for (const name of path) {
    if (!value || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

// Two answers on one scale: below zero the first is better, above zero the second, zero is a tie.
function setPreference(judgement, { question, value, raises }, keys) {
  const [first, second] = keys;
  const side = value === BOTH_BAD ? 0 : Number(value);
  judgement.ranking = side === 0 ? [[first, second]]
    : side < 0 ? [[first], [second]] : [[second], [first]];
  judgement.strength = Math.abs(side);
  if (value !== BOTH_BAD) return;
  put(judgement, ["answers", question], BOTH_BAD);
  if (!raises) return;
  for (const key of keys) {
    const raised = find(judgement, ["flags", key]) ?? [];
    if (!raised.includes(raises)) put(judgement, ["flags", key], [...raised, raises]);
  }
}

function preferenceIn(judgement, { question, raises, inputs }, keys) {
  const { ranking, strength } = judgement;
  if (!ranking?.length || strength === undefined) return undefined;
  const isTie = ranking[0].length > 1;
  // Drafts from before “both bad” was an answer say it by flags alone.
  const saidByFlags = isTie && strength === 0 && raises &&
    keys.every((key) => judgement.flags?.[key]?.includes(raises));
  const isBad = find(judgement, ["answers", question]) === BOTH_BAD || saidByFlags;
  if (isBad && inputs.some((input) => input.value === BOTH_BAD)) return BOTH_BAD;
  return isTie ? 0 : ranking[0][0] === keys[0] ? -strength : strength;
}
