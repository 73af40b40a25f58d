// What a judgement still lacks before it can be submitted: the first thing, or null.
import { fill } from "./status-line.js";

export function firstMissing(judgementForm, { keys, required, ranks, partial, strings }) {
  const judgement = judgementForm.judgement;
  const without = (has) => keys.filter((key) => !has(key));
  const gap = (sentence, left) =>
    ({ sentence: fill(sentence, { keys: left.join(", ") }), key: left[0] });

  if (ranks && (required.ranking || judgement.ranking)) {
    const places = judgementForm.places;
    const left = without((key) => places.has(key));
    const isEnough = partial && left.length < keys.length;
    if (left.length && !isEnough) return gap(strings.missingRank, left);
  }
  if (required.rating) {
    const left = without((key) => judgement.ratings?.[key]);
    if (left.length) return gap(strings.missingRating, left);
  }
  for (const question of ["strength", "confidence", "rationale", "demonstration"]) {
    if (required[question] && judgement[question] === undefined) {
      const control = judgementForm.form.elements[question === "strength" ? "preference" : question];
      return {
        sentence: fill(strings.missingAnswer, { question: strings[question] }),
        control: control instanceof RadioNodeList ? control[0] : control,
      };
    }
  }
  return null;
}
