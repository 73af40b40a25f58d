// Highlights code and renders mathematics, with the libraries that scripts/setup installs.
const loading = new Map();

export function loadScript(url) {
  if (!url) return Promise.reject(new Error("not installed"));
  if (!loading.has(url)) {
    loading.set(url, new Promise((loaded, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: url, onload: loaded, onerror: failed });
      document.head.append(script);
    }));
  }
  return loading.get(url);
}

export async function highlight(root) {
  const { highlight: script, katex } = document.body.dataset;
  await Promise.allSettled([highlightCode(root, script), renderFormulas(root, katex)]);
  (root.body ?? root).dataset.dressed = "";
}

// The longest code that is highlighted, in characters: the library takes longer than in proportion.
const LONGEST_CODE = 50_000;

async function highlightCode(root, script) {
  const blocks = root.querySelectorAll("pre code[class]:not(.hljs)");
  if (!blocks.length) return;
  await loadScript(script);
  for (const code of blocks) {
    const source = code.textContent;
    if (source.length > LONGEST_CODE) continue;
    const copy = code.cloneNode(true);
    try {
      window.hljs.highlightBlock(copy);
    } catch {
      continue;
    }
    // Only colours may differ.
    if (copy.textContent !== source) continue;
    code.replaceChildren(...copy.childNodes);
    code.className = copy.className;
  }
}

// Commands that hide or cover text or that change what others mean, and comments: all of it must be
// in sight.
const HIDING = new RegExp([
  /\\(?:[hv]?phantom|smash|(?:math)?[rlc]lap|raisebox|rule|m?kern|[hm]skip|mskip|hspace)(?![A-Za-z])/,
  /\\(?:color|textcolor|f?colorbox)(?![A-Za-z])/,
  /\\(?:[egx]?def|let|futurelet|global|(?:re|provide)?newcommand|(?:re|provide)command)(?![A-Za-z])/,
  /(?:^|[^\\])%/,
].map(({ source }) => source).join("|"));

async function renderFormulas(root, katex) {
  const formulas = root.querySelectorAll(".math:not(.typeset)");
  if (!formulas.length || !katex) return;
  if (!document.querySelector("link[data-katex]")) {
    const style = document.createElement("link");
    Object.assign(style, { rel: "stylesheet", href: `${katex}/katex.min.css` });
    style.dataset.katex = "";
    document.head.append(style);
  }
  await loadScript(`${katex}/katex.min.js`);
  for (const formula of formulas) {
    const typeset = typesetFormula(formula);
    if (!typeset) continue;
    formula.title = formula.textContent;
    formula.replaceChildren(...typeset.childNodes);
    formula.classList.add("typeset");
  }
}

// Returns an element with the formula, or null where its source stays: TeX that KaTeX refuses, or
// that it would show in part.
function typesetFormula(formula) {
  const tex = formula.textContent.replace(/^(\$\$?|\\[[(])([\s\S]*?)(\$\$?|\\[\])])$/, "$2");
  if (HIDING.test(tex)) return null;
  const typeset = document.createElement("span");
  try {
    window.katex.render(tex, typeset, {
      displayMode: formula.classList.contains("display"), throwOnError: true, trust: false,
      strict: "ignore", maxSize: 20, maxExpand: 200,
    });
  } catch {
    return null;
  }
  return typeset.querySelector(".katex-html")?.textContent.trim() ? typeset : null;
}
