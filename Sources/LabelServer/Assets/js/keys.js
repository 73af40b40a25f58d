// Which key someone meant, on any keyboard layout.
//
// Where the layout writes Latin letters, the letter decides: A on AZERTY is A. Where it writes
// another script, or an input method takes the key, the place decides: the key that is A on a US
// keyboard. Digits go by the number written, else by their place.
const TEXT = "textarea, input:not([type=radio]):not([type=checkbox]), [contenteditable]";
const NAMED = /^[A-Z][A-Za-z0-9]+$/;
const TAKEN = ["Process", "Unidentified"];
const SYMBOLS = { "？": "?", "؟": "?", "＝": "=" };

// Whether the layout writes Latin letters, from the last letter typed. Some layouts of other scripts
// have punctuation on keys that are letters elsewhere, such as ' for W in Hebrew.
let isLatin = false;

// Returns { key, symbol }. `key` is a letter from A to Z, a digit, another character, or a name such
// as Enter; null while a text is composed. `symbol` is “?” or “=” where the key writes that, also on
// a digit: ⇧7 writes “?” on a Russian keyboard.
export function meantKey(event) {
  if (isComposing(event)) return { key: null, symbol: null };
  const key = halfWidth(event.key);
  const symbol = symbolOf(event, key);
  return { key: digitOf(event, key) ?? symbol ?? letterOf(event, key) ?? key, symbol };
}

// Whether an input method composes a text. Safari marks the key that ends it only by its number.
export function isComposing(event) {
  return event.isComposing || (event.keyCode === 229 && isText(event.target));
}

function isText(target) {
  return target.matches?.(TEXT) ?? false;
}

function digitOf({ code }, key) {
  if (/^\p{Nd}$/u.test(key)) return String(digitValue(key.codePointAt(0)));
  const place = /^(Digit|Numpad)([0-9])$/.exec(code);
  if (!place) return null;
  // Without Num Lock, the number pad has arrows.
  const isNumber = place[1] === "Digit" || TAKEN.includes(key);
  return isNumber && (!NAMED.test(key) || TAKEN.includes(key)) ? place[2] : null;
}

// The digits of each script follow each other, from zero.
function digitValue(point) {
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(point - value - 1))) value += 1;
  return value;
}

function letterOf({ code }, key) {
  const place = /^Key([A-Z])$/.exec(code)?.[1] ?? null;
  if (TAKEN.includes(key)) return place;
  if (NAMED.test(key)) return null;
  if (/^\p{Script=Latin}$/u.test(key)) {
    isLatin = true;
    return key.toUpperCase();
  }
  if (/^[\p{L}\p{M}]+$/u.test(key)) isLatin = false;
  return isLatin ? null : place;
}

function symbolOf({ code, shiftKey }, key) {
  const written = SYMBOLS[key] ?? key;
  if (["?", "="].includes(written)) return written;
  // Where “=” is elsewhere, the key of a US keyboard has it too.
  if (code === "Equal" && !shiftKey && !/^[\p{L}\p{N}]$/u.test(key)) return "=";
  return code === "Slash" && shiftKey && TAKEN.includes(key) ? "?" : null;
}

function halfWidth(key) {
  return key.replace(/^[\uff10-\uff5a]$/, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0));
}
