let assignmentSchema = """
  CREATE TABLE participant (
    taskId INTEGER NOT NULL REFERENCES task(id),
    personId INTEGER NOT NULL REFERENCES person(id),
    pseudonym TEXT NOT NULL,
    -- The task's `openings` when nothing was left for this labeller.
    exhaustedAt INTEGER NOT NULL DEFAULT -1,
    PRIMARY KEY (taskId, personId),
    UNIQUE (taskId, pseudonym)
  ) STRICT, WITHOUT ROWID;

  -- How far a labeller has come through the queue, so that no claim passes over old work again.
  CREATE TABLE claimCursor (
    taskId INTEGER NOT NULL,
    personId INTEGER NOT NULL,
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (taskId, personId, level),
    FOREIGN KEY (taskId, personId) REFERENCES participant(taskId, personId)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE assignment (
    id INTEGER PRIMARY KEY,
    taskId INTEGER NOT NULL REFERENCES task(id),
    promptId INTEGER NOT NULL REFERENCES prompt(id),
    labellerId INTEGER NOT NULL REFERENCES person(id),
    state TEXT NOT NULL
      CHECK (state IN ('leased', 'submitted', 'skipped', 'returned', 'expired', 'retracted')),
    slot INTEGER CHECK (slot >= 1),
    seed INTEGER NOT NULL,
    shown TEXT NOT NULL CHECK (json_valid(shown)),
    claimedAt INTEGER NOT NULL,
    expiresAt INTEGER NOT NULL,
    endedAt INTEGER,
    UNIQUE (promptId, labellerId),
    CHECK ((state IN ('leased', 'submitted')) = (slot IS NOT NULL)),
    CHECK ((state = 'leased') = (endedAt IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX assignmentSlot ON assignment(promptId, slot) WHERE slot IS NOT NULL;
  CREATE INDEX assignmentExpiring ON assignment(expiresAt) WHERE state = 'leased';
  CREATE INDEX assignmentOfLabeller ON assignment(labellerId, taskId, state, endedAt);
  CREATE INDEX assignmentOfTask ON assignment(taskId, state);

  CREATE TABLE draft (
    assignmentId INTEGER PRIMARY KEY REFERENCES assignment(id),
    body TEXT NOT NULL CHECK (json_valid(body)),
    savedAt INTEGER NOT NULL
  ) STRICT;
  """

/// Invariant 1 in the database: whatever code runs, no prompt is over-judged, no lease shared.
let assignmentRules = """
  CREATE TRIGGER assignmentStartsAsLease BEFORE INSERT ON assignment BEGIN
    SELECT CASE
      WHEN new.state <> 'leased' THEN RAISE(ABORT, 'an assignment starts as a lease')
      WHEN new.slot > (SELECT wanted FROM prompt WHERE id = new.promptId)
        THEN RAISE(ABORT, 'the slot is above the overlap')
      WHEN new.taskId <> (SELECT taskId FROM prompt WHERE id = new.promptId)
        THEN RAISE(ABORT, 'the prompt belongs to another task')
      WHEN (SELECT responseCount FROM prompt WHERE id = new.promptId) < 2
        THEN RAISE(ABORT, 'the prompt lacks responses')
      WHEN json_array_length(new.shown) <>
        (SELECT responseCount FROM prompt WHERE id = new.promptId)
        THEN RAISE(ABORT, 'the shown order must name every response')
    END;
  END;
  CREATE TRIGGER assignmentKeepsItsOrder
    BEFORE UPDATE OF id, taskId, promptId, labellerId, seed, shown ON assignment
  BEGIN
    SELECT RAISE(ABORT, 'an assignment keeps its prompt, labeller and order');
  END;
  CREATE TRIGGER assignmentStays BEFORE DELETE ON assignment BEGIN
    SELECT RAISE(ABORT, 'an assignment cannot be deleted');
  END;
  CREATE TRIGGER assignmentMoves BEFORE UPDATE OF state, slot ON assignment BEGIN
    SELECT CASE
      WHEN old.state <> new.state AND NOT (
        (old.state = 'leased' AND new.state IN ('submitted', 'skipped', 'returned', 'expired'))
        OR (old.state IN ('returned', 'expired') AND new.state = 'leased')
        OR (old.state = 'submitted' AND new.state = 'retracted'))
        THEN RAISE(ABORT, 'an assignment cannot change its state like this')
      WHEN new.state = 'submitted' AND old.state <> 'submitted'
        AND NOT EXISTS (SELECT 1 FROM judgement WHERE assignmentId = new.id)
        THEN RAISE(ABORT, 'only a judgement makes an assignment submitted')
      WHEN old.state <> 'leased' AND new.state = 'leased'
        AND new.slot > (SELECT wanted FROM prompt WHERE id = new.promptId)
        THEN RAISE(ABORT, 'the slot is above the overlap')
      WHEN old.state = new.state AND old.slot IS NOT new.slot
        THEN RAISE(ABORT, 'an assignment keeps its slot')
    END;
  END;
  CREATE TRIGGER assignmentTakesSlot AFTER INSERT ON assignment BEGIN
    UPDATE prompt SET taken = taken + 1 WHERE id = new.promptId;
  END;
  CREATE TRIGGER assignmentFreesSlot AFTER UPDATE OF state ON assignment
    WHEN old.state <> new.state
  BEGIN
    UPDATE prompt SET
      taken = taken + (new.slot IS NOT NULL) - (old.slot IS NOT NULL),
      judged = judged + (new.state = 'submitted') - (old.state = 'submitted')
      WHERE id = new.promptId;
  END;
  CREATE TRIGGER responseIsFrozenOnceShown BEFORE INSERT ON response
    WHEN EXISTS (SELECT 1 FROM assignment WHERE promptId = new.promptId)
  BEGIN
    SELECT RAISE(ABORT, 'the responses of a prompt are frozen once they were shown');
  END;
  """
