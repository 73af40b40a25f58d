// A ranking in progress: a Map from an answer's letter to its place; 1 is best. Pure functions.
// Places may have gaps while someone edits; `groups` closes them.

export function groups(places) {
  const byPlace = new Map();
  for (const [key, place] of places) {
    if (!byPlace.has(place)) byPlace.set(place, []);
    byPlace.get(place).push(key);
  }
  return [...byPlace.keys()].sort((a, b) => a - b).map((place) => byPlace.get(place).sort());
}

export function fromGroups(ranking) {
  return new Map((ranking ?? []).flatMap((group, index) => group.map((key) => [key, index + 1])));
}

export function placed(places, key, place, { ties = true } = {}) {
  const next = new Map(places);
  const taken = [...next].find(([other, at]) => other !== key && at === place);
  if (!ties && taken) return inserted(places, key, place - 1);
  next.set(key, place);
  return next;
}

export function removed(places, key) {
  const next = new Map(places);
  next.delete(key);
  return next;
}

// Puts the answer in its own place, directly after the answers at `after` or better.
export function inserted(places, key, after) {
  const others = removed(places, key);
  const better = groups(new Map([...others].filter(([, place]) => place <= after)));
  const worse = groups(new Map([...others].filter(([, place]) => place > after)));
  return fromGroups([...better, [key], ...worse]);
}

// Moves an answer one step up (-1) or down (+1): out of a tie, or past its neighbour. An answer
// without a place becomes the last.
export function moved(places, key, step) {
  const order = groups(places);
  const index = order.findIndex((group) => group.includes(key));
  if (index < 0) return fromGroups([...order, [key]]);
  if (order[index].length > 1) {
    const rest = order[index].filter((other) => other !== key);
    order.splice(index, 1, ...(step < 0 ? [[key], rest] : [rest, [key]]));
  } else {
    const neighbour = index + step;
    if (neighbour < 0 || neighbour >= order.length) return places;
    [order[index], order[neighbour]] = [order[neighbour], order[index]];
  }
  return fromGroups(order);
}

export function same(a, b) {
  return JSON.stringify(groups(a)) === JSON.stringify(groups(b)) &&
    [...a].every(([key, place]) => b.get(key) === place);
}

// Returns the pairs whose ratings contradict the ranking: [ratedHigher, rankedHigher].
export function contradictions(places, ratings) {
  const found = [];
  for (const [a, ratingA] of Object.entries(ratings)) {
    for (const [b, ratingB] of Object.entries(ratings)) {
      if (ratingA > ratingB && places.has(a) && places.has(b) && places.get(a) > places.get(b)) {
        found.push([a, b]);
      }
    }
  }
  return found;
}
