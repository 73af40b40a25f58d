// The ranking panel: a row for each place, gaps between them, and the answers without a place. A
// chip is dragged (SortableJS, when it is installed), or picked and put down with two clicks.
import { groups, inserted, placed, removed } from "./ranking.js";
import { fill } from "./status-line.js";

const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
};

export class RankingPanel {
  #picked = null;
  #sortables = [];

  constructor(root, { keys, ties, strings, onChange, onFocus }) {
    Object.assign(this, { root, keys, ties, strings, onChange, onFocus });
    root.hidden = false;
    root.addEventListener("click", (event) => this.#click(event));
  }

  draw(places, changed = null) {
    const focused = this.root.contains(document.activeElement)
      ? document.activeElement.dataset.key : null;
    this.places = places;
    for (const sortable of this.#sortables) sortable.destroy();
    this.#sortables = [];

    const list = element("div", { class: "places" });
    list.append(this.#gap(0));
    const firstEmpty = this.keys.findIndex((_, i) => !this.#at(i + 1).length);
    this.keys.forEach((_, index) => {
      const place = index + 1;
      const chips = element("div", { class: "chips", "data-place": place });
      chips.append(...this.#at(place).map((key) => this.#chip(key, changed)));
      if (this.#at(place).length > 1) {
        chips.append(element("span", { class: "tie" }, this.strings.tie));
      } else if (index === firstEmpty) {
        chips.append(element("span", { class: "here" }, this.strings.dropHere));
      }
      // Narrow screens hide empty places but the first.
      const isSpare = !this.#at(place).length && index !== firstEmpty;
      list.append(
        element("div", { class: isSpare ? "ranking-place spare" : "ranking-place" },
          element("span", { class: "number" }, String(place)), chips),
        this.#gap(place));
    });
    const waiting = this.keys.filter((key) => !places.has(key));
    const tray = element("div", { class: "unranked", hidden: waiting.length === 0 },
      element("h2", {}, this.strings.unranked),
      element("div", { class: "chips", "data-place": "none" },
        ...waiting.map((key) => this.#chip(key, changed))));
    this.root.classList.toggle("untouched", places.size === 0);
    this.root.replaceChildren(
      element("h2", {}, this.strings.ranking), list, tray,
      element("p", { class: "hint" }, this.ties ? this.strings.rankingHint : this.strings.rankingHintNoTies),
      // Narrow screens show this line until the first answer has a place.
      element("p", { class: "hint brief" }, this.strings.rankingHintBrief));
    if (focused) this.root.querySelector(`.chip[data-key="${focused}"]`)?.focus();
    this.#makeDraggable();
  }

  enableDragging() {
    this.draw(this.places);
  }

  // Puts a picked chip back; returns false when none was picked.
  putDown() {
    if (!this.#picked) return false;
    this.#picked = null;
    this.draw(this.places);
    return true;
  }

  #at(place) {
    return this.keys.filter((key) => this.places.get(key) === place);
  }

  #gap(after) {
    return element("div", { class: "gap", "data-gap": after });
  }

  #chip(key, changed) {
    const place = this.places.get(key);
    const label = place
      ? this.strings.chipAt.replace("{key}", key).replace("{place}", place)
      : this.strings.chipUnranked.replace("{key}", key);
    return element("button", {
      type: "button", "data-key": key, "aria-label": label,
      "aria-pressed": this.#picked === key ? "true" : "false",
      class: key === changed ? "chip just-changed" : "chip",
    }, key);
  }

  #click(event) {
    const chip = event.target.closest(".chip");
    const target = event.target.closest("[data-gap], [data-place]");
    if (this.#picked && target && chip?.dataset.key !== this.#picked) {
      const key = this.#picked;
      this.#picked = null;
      this.#drop(key, target);
    } else if (chip) {
      this.#picked = this.#picked === chip.dataset.key ? null : chip.dataset.key;
      this.draw(this.places);
      this.onFocus(chip.dataset.key, { picked: this.#picked !== null });
    }
  }

  #drop(key, target) {
    if (target.dataset.gap !== undefined) {
      this.onChange(inserted(this.places, key, Number(target.dataset.gap)), key);
    } else if (target.dataset.place === "none") {
      this.onChange(removed(this.places, key), key);
    } else {
      const place = Number(target.dataset.place);
      this.onChange(placed(this.places, key, place, { ties: this.ties }), key);
    }
  }

  #makeDraggable() {
    const Sortable = window.Sortable;
    if (!Sortable) return;
    for (const zone of this.root.querySelectorAll("[data-gap], [data-place]")) {
      this.#sortables.push(Sortable.create(zone, {
        group: "ranking", draggable: ".chip", sort: false, animation: 0,
        forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4, emptyInsertThreshold: 6,
        onStart: () => {
          this.root.classList.add("dragging");
          // Zones keep their size, or the places would move away under the finger.
          for (const zone of this.root.querySelectorAll("[data-place]")) {
            zone.style.minInlineSize = `${zone.offsetWidth}px`;
            zone.style.minBlockSize = `${zone.offsetHeight}px`;
          }
        },
        onEnd: ({ item, to, from }) => {
          this.root.classList.remove("dragging");
          this.#picked = null;
          if (to === from) this.draw(this.places);
          else this.#drop(item.dataset.key, to);
        },
      }));
    }
  }
}

// Describes the ranking for screen readers, such as “1: A and C, 2: B”.
export function describe(places, strings) {
  return groups(places)
    .map((group, index) => fill(strings.placeOf, {
      place: index + 1, answers: group.join(` ${strings.and} `),
    }))
    .join(strings.placeSeparator);
}
