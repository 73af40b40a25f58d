// Opens a long conversation at the turn to be answered, with the earlier turns above it.
export function openAtLastTurn(conversation, dressed) {
  const last = conversation?.lastElementChild;
  if (!last?.previousElementSibling) return;
  let isTouched = false;
  const touch = () => { isTouched = true; };
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown"]) {
    addEventListener(kind, touch, { once: true, passive: true });
  }
  const show = () => {
    if (isTouched || !last.isConnected) return;
    const isBox = conversation.scrollHeight > conversation.clientHeight + 1;
    if (isBox) {
      const box = conversation.getBoundingClientRect();
      conversation.scrollTop += last.getBoundingClientRect().top - box.top;
    } else if (last.getBoundingClientRect().top > innerHeight / 2) {
      last.scrollIntoView({ block: "start", behavior: "instant" });
    }
  };
  show();
  // Formulas and code change the height of the turns above.
  dressed.then(show);
}
