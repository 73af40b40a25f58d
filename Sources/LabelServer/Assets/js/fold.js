// Long answers begin folded, so that all of them can be seen; each is unfolded where it stands.
const TALL = 760;

export function fold(answers, words) {
  for (const prose of answers) {
    if (prose.scrollHeight < TALL) continue;
    const unfold = document.createElement("button");
    const show = (folded) => {
      prose.classList.toggle("folded", folded);
      unfold.textContent = folded ? words.unfold : words.fold;
      unfold.setAttribute("aria-expanded", String(!folded));
      // Once folded again, the reader is back at the answer and not somewhere below it.
      if (folded) prose.parentElement.scrollIntoView({ block: "nearest" });
    };
    Object.assign(unfold, { type: "button", className: "linklike unfold" });
    unfold.addEventListener("click", () => show(!prose.classList.contains("folded")));
    prose.classList.add("folded");
    unfold.textContent = words.unfold;
    unfold.setAttribute("aria-expanded", "false");
    prose.after(unfold);
  }
}
