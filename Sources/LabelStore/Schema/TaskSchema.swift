/// `taken` counts live leases and judgements, `judged` judgements alone; triggers keep both.
/// `openings` counts how often a prompt became available: while it stands still, a labeller for
/// whom nothing was left need not be searched for again.
let taskSchema = """
  CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    guidelines TEXT NOT NULL,
    seed INTEGER NOT NULL,
    overlap INTEGER NOT NULL CHECK (overlap BETWEEN 1 AND 100),
    round INTEGER NOT NULL DEFAULT 1 CHECK (round >= 1),
    promptCount INTEGER NOT NULL DEFAULT 0,
    answeredCount INTEGER NOT NULL DEFAULT 0,
    completeCount INTEGER NOT NULL DEFAULT 0,
    judgementCount INTEGER NOT NULL DEFAULT 0,
    lastPosition INTEGER NOT NULL DEFAULT 0,
    openings INTEGER NOT NULL DEFAULT 0,
    createdAt INTEGER NOT NULL,
    archivedAt INTEGER
  ) STRICT;

  CREATE TABLE prompt (
    id INTEGER PRIMARY KEY,
    taskId INTEGER NOT NULL REFERENCES task(id),
    name TEXT NOT NULL CHECK (length(name) > 0),
    round INTEGER NOT NULL CHECK (round >= 1),
    originalId INTEGER REFERENCES prompt(id),
    messages TEXT NOT NULL CHECK (json_valid(messages)),
    metadata TEXT NOT NULL CHECK (json_valid(metadata)),
    contentHash BLOB NOT NULL,
    groupKey TEXT NOT NULL,
    position INTEGER NOT NULL,
    shuffle INTEGER NOT NULL,
    wanted INTEGER NOT NULL CHECK (wanted BETWEEN 1 AND 100),
    responseCount INTEGER NOT NULL DEFAULT 0 CHECK (responseCount BETWEEN 0 AND 9),
    taken INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0),
    judged INTEGER NOT NULL DEFAULT 0 CHECK (judged BETWEEN 0 AND taken),
    createdAt INTEGER NOT NULL,
    UNIQUE (taskId, name),
    UNIQUE (taskId, contentHash, round),
    UNIQUE (taskId, position)
  ) STRICT;
  CREATE INDEX promptOpenByPosition ON prompt(taskId, position)
    WHERE taken < wanted AND responseCount >= 2;
  CREATE INDEX promptOpenByShuffle ON prompt(taskId, shuffle, position)
    WHERE taken < wanted AND responseCount >= 2;
  CREATE INDEX promptOpenByTaken ON prompt(taskId, taken, position)
    WHERE taken < wanted AND responseCount >= 2;
  CREATE INDEX promptUnanswered ON prompt(taskId, position) WHERE responseCount < 2;

  CREATE TRIGGER promptCounted AFTER INSERT ON prompt BEGIN
    UPDATE task SET promptCount = promptCount + 1, lastPosition = max(lastPosition, new.position)
      WHERE id = new.taskId;
  END;
  CREATE TRIGGER promptStays BEFORE DELETE ON prompt BEGIN
    SELECT RAISE(ABORT, 'a prompt cannot be deleted');
  END;
  CREATE TRIGGER promptKeepsItsContent
    BEFORE UPDATE OF id, taskId, name, round, originalId, messages, metadata, contentHash, groupKey,
      position, shuffle ON prompt
  BEGIN
    SELECT RAISE(ABORT, 'the content of a prompt cannot change');
  END;
  CREATE TRIGGER promptProgresses AFTER UPDATE OF responseCount, taken, judged, wanted ON prompt BEGIN
    UPDATE task SET
      answeredCount = answeredCount + (new.responseCount >= 2) - (old.responseCount >= 2),
      completeCount = completeCount + (new.judged >= new.wanted) - (old.judged >= old.wanted),
      judgementCount = judgementCount + new.judged - old.judged,
      openings = openings + ((new.taken < new.wanted AND new.responseCount >= 2)
        AND NOT (old.taken < old.wanted AND old.responseCount >= 2))
      WHERE id = new.taskId;
  END;

  CREATE TABLE response (
    id INTEGER PRIMARY KEY,
    promptId INTEGER NOT NULL REFERENCES prompt(id),
    name TEXT NOT NULL CHECK (length(name) > 0),
    position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
    -- Bytes of UTF-8: as TEXT, SQLite's interfaces would cut it at a NUL character.
    text BLOB NOT NULL,
    source TEXT,
    createdAt INTEGER NOT NULL,
    UNIQUE (promptId, name),
    UNIQUE (promptId, position)
  ) STRICT;
  CREATE TRIGGER responseCounted AFTER INSERT ON response BEGIN
    UPDATE prompt SET responseCount = responseCount + 1 WHERE id = new.promptId;
  END;
  CREATE TRIGGER responseStays BEFORE DELETE ON response BEGIN
    SELECT RAISE(ABORT, 'a response cannot be deleted');
  END;
  CREATE TRIGGER responseKeepsItsContent BEFORE UPDATE ON response BEGIN
    SELECT RAISE(ABORT, 'a response cannot change');
  END;
  """
