// What a judgement still lacks before it can be submitted: the first thing, or null.
import { fill } from "./status-line.js";

export function firstMissing(judgementForm, state) {
  const { keys, needsRanking, ranks, partial, strings, idealAnswer } = state;
  if (ranks && (needsRanking || judgementForm.places.size)) {
    const places = judgementForm.places;
    const left = keys.filter((key) => !places.has(key));
    const isEnough = partial && left.length < keys.length;
    if (left.length && !isEnough) {
      return { sentence: fill(strings.missingRank, { keys: left.join(strings.separator) }), key: left[0] };
    }
  }
  const [first, ...others] =
    judgementForm.fields.filter((field) => field.isRequired && field.value === undefined);
  if (!first) return copyInstead(judgementForm, idealAnswer, strings);
  if (!first.key) {
    return {
      sentence: fill(strings.missingAnswer, { question: first.title }), control: first.control,
    };
  }
  const left = [first, ...others.filter(({ question }) => question === first.question)]
    .map(({ key }) => key);
  return {
    sentence: fill(strings.missingFor, { question: first.title, keys: left.join(strings.separator) }),
    key: first.key,
  };
}

// A required ideal answer must differ from the answers.
function copyInstead({ fields }, idealAnswer, strings) {
  const isRequired = fields.some((field) => field.isRequired && field.question === "demonstration");
  if (!isRequired || !idealAnswer?.isUnchanged) return null;
  return { sentence: strings.copyRequired, control: idealAnswer.area };
}
