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
}

async function highlightCode(root, script) {
  const blocks = root.querySelectorAll("pre code[class]:not(.hljs)");
  if (!blocks.length) return;
  await loadScript(script);
  for (const code of blocks) window.hljs?.highlightBlock(code);
}

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
    const tex = formula.textContent.replace(/^(\$\$?|\\[[(])([\s\S]*?)(\$\$?|\\[\])])$/, "$2");
    try {
      window.katex.render(tex, formula, {
        displayMode: formula.classList.contains("display"), throwOnError: true, trust: false,
        strict: "ignore", maxSize: 20, maxExpand: 200,
      });
      formula.classList.add("typeset");
    } catch { /* not valid TeX: leave the source text */ }
  }
}
