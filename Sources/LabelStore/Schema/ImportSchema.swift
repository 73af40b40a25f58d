/// An import too large for one transaction: its checked rows lie in a journal beside the store, and
/// this says how far they have been taken over.
///
/// A prompt arrives with the number of its responses, which follow in the same transaction: counting
/// them one by one moved the prompt through every index of the queue with each.
let importSchema = """
  CREATE TABLE promptImport (
    id INTEGER PRIMARY KEY,
    taskId INTEGER NOT NULL REFERENCES task(id),
    personId INTEGER REFERENCES person(id),
    journal TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    rowCount INTEGER NOT NULL CHECK (rowCount > 0),
    rejectedCount INTEGER NOT NULL CHECK (rejectedCount >= 0),
    storedCount INTEGER NOT NULL DEFAULT 0 CHECK (storedCount >= 0),
    passedOverCount INTEGER NOT NULL DEFAULT 0 CHECK (passedOverCount >= 0),
    createdAt INTEGER NOT NULL,
    finishedAt INTEGER,
    CHECK (storedCount + passedOverCount <= rowCount)
  ) STRICT;
  CREATE INDEX promptImportUnfinished ON promptImport(id) WHERE finishedAt IS NULL;

  DROP TRIGGER promptCounted;
  CREATE TRIGGER promptCounted AFTER INSERT ON prompt BEGIN
    UPDATE task SET promptCount = promptCount + 1, lastPosition = max(lastPosition, new.position),
      answeredCount = answeredCount + (new.responseCount >= 2),
      openings = openings + (new.responseCount >= 2)
      WHERE id = new.taskId;
  END;
  DROP TRIGGER responseCounted;
  CREATE TRIGGER responseCounted AFTER INSERT ON response
    WHEN new.position > (SELECT responseCount FROM prompt WHERE id = new.promptId)
  BEGIN
    UPDATE prompt SET responseCount = responseCount + 1 WHERE id = new.promptId;
  END;
  """
