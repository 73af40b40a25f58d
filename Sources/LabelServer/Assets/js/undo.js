// The steps that Undo takes back: first the changes to this judgement, then the prompts submitted
// before it. No access to the page, so that it can be tested alone.
const CHANGES = 100;
const PROMPTS = 50;

export class Undo {
  #changes = [];

  constructor(visited = []) {
    this.visited = visited;
  }

  get isEmpty() {
    return this.#changes.length === 0 && this.visited.length === 0;
  }

  // Remembers a judgement as it was before a change.
  remember(judgement) {
    this.#changes.push(judgement);
    if (this.#changes.length > CHANGES) this.#changes.shift();
  }

  // Returns { judgement } to restore, { prompt, visited } to go back to, or null. Going back leaves
  // the lists as they are: the page of that prompt gets its own.
  step() {
    if (this.#changes.length) return { judgement: this.#changes.pop() };
    if (!this.visited.length) return null;
    return { prompt: this.visited.at(-1), visited: this.visited.slice(0, -1) };
  }

  // The visited prompts, for the page after the one at this address.
  visitedWith(address) {
    return [...this.visited, address].slice(-PROMPTS);
  }
}
