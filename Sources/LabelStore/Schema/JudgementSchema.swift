let judgementSchema = """
  CREATE TABLE judgement (
    id INTEGER PRIMARY KEY,
    assignmentId INTEGER NOT NULL REFERENCES assignment(id),
    labellerId INTEGER NOT NULL REFERENCES person(id),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    body TEXT NOT NULL CHECK (json_valid(body)),
    createdAt INTEGER NOT NULL,
    UNIQUE (assignmentId, revision)
  ) STRICT;
  CREATE TRIGGER judgementHoldsTheLease BEFORE INSERT ON judgement BEGIN
    SELECT CASE
      WHEN new.labellerId <> (SELECT labellerId FROM assignment WHERE id = new.assignmentId)
        THEN RAISE(ABORT, 'the lease belongs to another labeller')
      WHEN new.revision <= (SELECT max(revision) FROM judgement WHERE assignmentId = new.assignmentId)
        THEN RAISE(ABORT, 'revisions count up')
      WHEN EXISTS (SELECT 1 FROM judgement WHERE assignmentId = new.assignmentId)
        AND (SELECT state FROM assignment WHERE id = new.assignmentId) <> 'submitted'
        THEN RAISE(ABORT, 'only a submitted judgement can be corrected')
      WHEN NOT EXISTS (SELECT 1 FROM judgement WHERE assignmentId = new.assignmentId)
        AND NOT EXISTS (SELECT 1 FROM assignment
          WHERE id = new.assignmentId AND state = 'leased' AND expiresAt > new.createdAt)
        THEN RAISE(ABORT, 'the lease has expired')
    END;
  END;
  CREATE TRIGGER judgementEndsTheLease AFTER INSERT ON judgement
    WHEN (SELECT state FROM assignment WHERE id = new.assignmentId) = 'leased'
  BEGIN
    UPDATE assignment SET state = 'submitted', endedAt = new.createdAt WHERE id = new.assignmentId;
    DELETE FROM draft WHERE assignmentId = new.assignmentId;
  END;
  CREATE TRIGGER judgementKeepsItsContent BEFORE UPDATE ON judgement BEGIN
    SELECT RAISE(ABORT, 'a judgement cannot change; add a revision');
  END;
  CREATE TRIGGER judgementStays BEFORE DELETE ON judgement BEGIN
    SELECT RAISE(ABORT, 'a judgement cannot be deleted; retract it');
  END;

  CREATE TABLE skip (
    id INTEGER PRIMARY KEY,
    assignmentId INTEGER NOT NULL UNIQUE REFERENCES assignment(id),
    reason TEXT NOT NULL,
    createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER skipKeepsItsContent BEFORE UPDATE ON skip BEGIN
    SELECT RAISE(ABORT, 'a skip cannot change');
  END;
  CREATE TRIGGER skipStays BEFORE DELETE ON skip BEGIN
    SELECT RAISE(ABORT, 'a skip cannot be deleted');
  END;

  CREATE TABLE retraction (
    id INTEGER PRIMARY KEY,
    assignmentId INTEGER NOT NULL UNIQUE REFERENCES assignment(id),
    personId INTEGER NOT NULL REFERENCES person(id),
    reason TEXT NOT NULL,
    createdAt INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER retractionEndsTheJudgement AFTER INSERT ON retraction BEGIN
    UPDATE assignment SET state = 'retracted', slot = NULL, endedAt = new.createdAt
      WHERE id = new.assignmentId;
  END;
  CREATE TRIGGER retractionKeepsItsContent BEFORE UPDATE ON retraction BEGIN
    SELECT RAISE(ABORT, 'a retraction cannot change');
  END;
  CREATE TRIGGER retractionStays BEFORE DELETE ON retraction BEGIN
    SELECT RAISE(ABORT, 'a retraction cannot be deleted');
  END;
  """
