// Long answers start collapsed so that all of them can be seen; each expands in place.
const TALL = 760;

export function collapse(answers, strings) {
  for (const prose of answers) {
    if (prose.scrollHeight < TALL) continue;
    const expand = document.createElement("button");
    const show = (collapsed) => {
      prose.classList.toggle("collapsed", collapsed);
      expand.textContent = collapsed ? strings.expand : strings.collapse;
      expand.setAttribute("aria-expanded", String(!collapsed));
      // Collapsing shortens the page, so scroll back to the answer.
      if (collapsed) prose.parentElement.scrollIntoView({ block: "nearest" });
    };
    Object.assign(expand, { type: "button", className: "linklike expand" });
    expand.addEventListener("click", () => show(!prose.classList.contains("collapsed")));
    prose.classList.add("collapsed");
    expand.textContent = strings.expand;
    expand.setAttribute("aria-expanded", "false");
    prose.after(expand);
  }
}
