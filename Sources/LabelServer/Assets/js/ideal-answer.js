// The field for the ideal answer, which can start from one of the answers. An unchanged copy is not
// an ideal answer: the server leaves it out, and the page says so before.
export class IdealAnswer {
  #texts = [];

  // `fetchAnswers` returns a promise of the answers, each with its key and text.
  constructor(area, fetchAnswers) {
    Object.assign(this, { area, fetchAnswers });
  }

  // Reads the answers again where a draft has an ideal answer, which may be a copy.
  async open() {
    if (this.area?.value.trim()) await this.#read();
  }

  // Returns the text of an answer, to put into the field.
  async copy(key) {
    const answers = await this.#read();
    return answers.find((one) => one.key === key)?.text ?? this.area.value;
  }

  // Whether the text is one of the answers, apart from space around it.
  get isUnchanged() {
    const text = plain(this.area?.value ?? "");
    return text !== "" && this.#texts.includes(text);
  }

  async #read() {
    const answers = await this.fetchAnswers();
    this.#texts = answers.map(({ text }) => plain(text));
    return answers;
  }
}

// Browsers send line ends in another form than they show them.
function plain(text) {
  return text.replace(/\r\n?/g, "\n").trim();
}
