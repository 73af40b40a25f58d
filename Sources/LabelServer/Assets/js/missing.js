// What a judgement still lacks before it can be submitted: the first thing, or null.
import { fill } from "./voice.js";

export function missing(sheet, { keys, required, ranks, partial, words }) {
  const judgement = sheet.judgement;
  const without = (has) => keys.filter((key) => !has(key));
  const gap = (sentence, left) =>
    ({ sentence: fill(sentence, { keys: left.join(", ") }), key: left[0] });

  if (ranks && (required.ranking || judgement.ranking)) {
    const places = sheet.places;
    const left = without((key) => places.has(key));
    const isEnough = partial && left.length < keys.length;
    if (left.length && !isEnough) return gap(words.missingRank, left);
  }
  if (required.rating) {
    const left = without((key) => judgement.ratings?.[key]);
    if (left.length) return gap(words.missingRating, left);
  }
  for (const question of ["strength", "confidence", "rationale", "demonstration"]) {
    if (required[question] && judgement[question] === undefined) {
      const control = sheet.form.elements[question === "strength" ? "preference" : question];
      return {
        sentence: fill(words.missingAnswer, { question: words[question] }),
        control: control instanceof RadioNodeList ? control[0] : control,
      };
    }
  }
  return null;
}
