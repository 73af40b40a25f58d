/// Words of prompts, answers and judgements. The texts stay where they are and never change, so
/// the index keeps no copy and only grows, by `lastId` of each kind, apart from the writes that
/// bring the texts: an import must not wait for it.
let searchSchema = """
  CREATE VIRTUAL TABLE promptWords USING fts5(
    task, text, content='', tokenize="unicode61 remove_diacritics 2");
  CREATE VIRTUAL TABLE answerWords USING fts5(
    task, text, content='', tokenize="unicode61 remove_diacritics 2");
  CREATE VIRTUAL TABLE judgementWords USING fts5(
    task, text, content='', tokenize="unicode61 remove_diacritics 2");
  CREATE TABLE searchProgress (
    kind TEXT PRIMARY KEY NOT NULL CHECK (kind IN ('prompt', 'answer', 'judgement')),
    lastId INTEGER NOT NULL
  ) STRICT;
  INSERT INTO searchProgress (kind, lastId) VALUES ('prompt', 0), ('answer', 0), ('judgement', 0);
  """
