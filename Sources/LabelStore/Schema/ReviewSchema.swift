import GRDB

/// A reviewer's decision is a record of its own beside the judgements; without a body it is
/// withdrawn. `disagreement` is derived from the judgements, so that the review queue is an index.
let reviewSchema = """
  CREATE TABLE adjudication (
    id INTEGER PRIMARY KEY,
    promptId INTEGER NOT NULL REFERENCES prompt(id),
    personId INTEGER NOT NULL REFERENCES person(id),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    shown TEXT NOT NULL CHECK (json_valid(shown)),
    seed INTEGER NOT NULL,
    body TEXT CHECK (body IS NULL OR json_valid(body)),
    createdAt INTEGER NOT NULL,
    UNIQUE (promptId, revision)
  ) STRICT;
  CREATE INDEX adjudicationOfPerson ON adjudication(personId);
  CREATE TRIGGER adjudicationIsSound BEFORE INSERT ON adjudication BEGIN
    SELECT CASE
      WHEN (SELECT role FROM person WHERE id = new.personId) NOT IN ('reviewer', 'admin')
        THEN RAISE(ABORT, 'only reviewers and admins decide')
      WHEN new.revision <>
        (SELECT coalesce(max(revision), 0) + 1 FROM adjudication WHERE promptId = new.promptId)
        THEN RAISE(ABORT, 'decisions count up one by one')
      WHEN new.body IS NULL AND (SELECT body FROM adjudication WHERE promptId = new.promptId
        ORDER BY revision DESC LIMIT 1) IS NULL
        THEN RAISE(ABORT, 'there is no decision to withdraw')
      WHEN new.body IS NOT NULL AND (SELECT judged FROM prompt WHERE id = new.promptId) = 0
        THEN RAISE(ABORT, 'there is no judgement to decide on')
      WHEN json_array_length(new.shown) <>
        (SELECT responseCount FROM prompt WHERE id = new.promptId)
        THEN RAISE(ABORT, 'the shown order must name every response')
      WHEN EXISTS (
        SELECT 1 FROM json_each(new.body, '$.ranking') AS place, json_each(place.value) AS answer
        WHERE answer.value NOT IN (SELECT name FROM response WHERE promptId = new.promptId))
        THEN RAISE(ABORT, 'a decision ranks the responses of its prompt')
    END;
  END;
  CREATE TRIGGER adjudicationKeepsItsContent BEFORE UPDATE ON adjudication BEGIN
    SELECT RAISE(ABORT, 'a decision cannot change; add a revision');
  END;
  CREATE TRIGGER adjudicationStays BEFORE DELETE ON adjudication BEGIN
    SELECT RAISE(ABORT, 'a decision cannot be deleted; withdraw it');
  END;

  CREATE TABLE disagreement (
    promptId INTEGER PRIMARY KEY REFERENCES prompt(id),
    taskId INTEGER NOT NULL REFERENCES task(id),
    value REAL NOT NULL CHECK (value BETWEEN 0 AND 1),
    judgements INTEGER NOT NULL CHECK (judgements >= 2),
    isDecided INTEGER NOT NULL DEFAULT 0 CHECK (isDecided IN (0, 1))
  ) STRICT;
  CREATE INDEX disagreementQueue ON disagreement(taskId, isDecided, value, promptId);
  CREATE TRIGGER adjudicationLeavesTheQueue AFTER INSERT ON adjudication BEGIN
    UPDATE disagreement SET isDecided = new.body IS NOT NULL WHERE promptId = new.promptId;
  END;

  ALTER TABLE retraction ADD COLUMN note TEXT NOT NULL DEFAULT '';
  """

/// Fills the queue from the judgements that were there before it.
func fillDisagreements(_ db: Database) throws {
  let prompts = try PromptID.fetchAll(
    db, sql: "SELECT id FROM prompt WHERE judged >= 2 AND isGold = 0")
  for prompt in prompts { try DisagreementRecord.update(db, of: prompt) }
}
