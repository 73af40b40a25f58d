import GRDB

/// The same rules in fewer steps, for what happens with every judgement.
///
/// SQLite builds a table in memory each time that it looks for a value in a list of three and more;
/// a chain of comparisons costs nothing. A trigger that asks for the same row several times now
/// asks once.
///
/// Each entry of an index that lies at a place of its own is a page more to write with every commit.
/// What a labeller holds is in an index that fits on a page, and comes to the long one by labeller
/// only when it has ended; prompts are in the index by shuffle only where the task's order is random;
/// of the index by task and state, what lists of judgements need is left.
func briefSchema(_ db: Database) throws {
  try db.execute(
    sql: """
      DROP INDEX eventThatIsRare;
      CREATE INDEX eventThatIsRare ON event(id)
        WHERE kind <> 'judgementSubmitted' AND kind <> 'judgementRevised'
          AND kind <> 'promptSkipped';
      DROP INDEX assignmentOfTask;
      DROP INDEX assignmentOfLabeller;
      DROP INDEX promptOpenByShuffle;
      DROP INDEX promptRoutedByShuffle;
      ALTER TABLE prompt
        ADD COLUMN isShuffled INTEGER NOT NULL DEFAULT 0 CHECK (isShuffled IN (0, 1));
      UPDATE prompt SET isShuffled = 1 WHERE taskId IN (
        SELECT id FROM task WHERE json_extract(definition, '$.order') = 'random');
      CREATE INDEX promptOpenByShuffle ON prompt(taskId, shuffle, position)
        WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND isShuffled = 1;
      CREATE INDEX promptRoutedByShuffle ON prompt(taskId, routeId, shuffle, position)
        WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND isShuffled = 1
          AND routeId IS NOT NULL;
      DROP TRIGGER assignmentMoves;
      DROP TRIGGER judgementHoldsTheLease;
      CREATE TRIGGER judgementHoldsTheLease BEFORE INSERT ON judgement BEGIN
        SELECT CASE
          WHEN new.labellerId <> labellerId
            THEN RAISE(ABORT, 'the lease belongs to another labeller')
          WHEN new.revision <= latest THEN RAISE(ABORT, 'revisions count up')
          WHEN latest IS NOT NULL AND state <> 'submitted'
            THEN RAISE(ABORT, 'only a submitted judgement can be corrected')
          WHEN latest IS NULL AND NOT (state = 'leased' AND expiresAt > new.createdAt)
            THEN RAISE(ABORT, 'the lease has expired')
        END FROM (
          SELECT labellerId, state, expiresAt, (
            SELECT max(revision) FROM judgement WHERE assignmentId = new.assignmentId) AS latest
          FROM assignment WHERE id = new.assignmentId LIMIT 1);
      END;
      """)
  try rebuild(
    db, "assignment",
    columns: """
      id INTEGER PRIMARY KEY,
      taskId INTEGER NOT NULL REFERENCES task(id),
      promptId INTEGER NOT NULL REFERENCES prompt(id),
      labellerId INTEGER NOT NULL REFERENCES person(id),
      state TEXT NOT NULL
        CHECK (state = 'leased' OR state = 'submitted' OR state = 'skipped' OR state = 'returned'
          OR state = 'expired' OR state = 'retracted'),
      slot INTEGER CHECK (slot >= 1),
      seed INTEGER NOT NULL,
      shown TEXT NOT NULL CHECK (json_valid(shown)),
      claimedAt INTEGER NOT NULL,
      expiresAt INTEGER NOT NULL,
      endedAt INTEGER,
      UNIQUE (promptId, labellerId),
      CHECK ((state = 'leased' OR state = 'submitted') = (slot IS NOT NULL)),
      CHECK ((state = 'leased') = (endedAt IS NULL))
      """,
    filling: "SELECT * FROM assignment ORDER BY id")
  try db.execute(
    sql: """
      CREATE INDEX assignmentHeld ON assignment(labellerId, taskId) WHERE state = 'leased';
      CREATE INDEX assignmentOfLabeller ON assignment(labellerId, taskId, state, endedAt)
        WHERE endedAt IS NOT NULL;
      CREATE INDEX assignmentJudged ON assignment(taskId, state, endedAt)
        WHERE state = 'submitted' OR state = 'retracted';
      CREATE TRIGGER assignmentMoves AFTER UPDATE OF state, slot ON assignment BEGIN
        SELECT CASE
          WHEN old.state <> new.state AND NOT (
            (old.state = 'leased' AND (new.state = 'submitted' OR new.state = 'skipped'
              OR new.state = 'returned' OR new.state = 'expired'))
            OR ((old.state = 'returned' OR old.state = 'expired') AND new.state = 'leased')
            OR (old.state = 'submitted' AND new.state = 'retracted'))
            THEN RAISE(ABORT, 'an assignment cannot change its state like this')
          WHEN new.state = 'submitted' AND old.state <> 'submitted'
            AND NOT EXISTS (SELECT 1 FROM judgement WHERE assignmentId = new.id)
            THEN RAISE(ABORT, 'only a judgement makes an assignment submitted')
          WHEN old.state <> 'leased' AND new.state = 'leased'
            AND new.slot > (SELECT wanted FROM prompt WHERE id = new.promptId AND isGold = 0)
            THEN RAISE(ABORT, 'the slot is above the overlap')
          WHEN old.state = new.state AND old.slot IS NOT new.slot
            THEN RAISE(ABORT, 'an assignment keeps its slot')
        END;
        UPDATE prompt SET
          taken = taken + (new.slot IS NOT NULL) - (old.slot IS NOT NULL),
          judged = judged + (new.state = 'submitted') - (old.state = 'submitted')
          WHERE id = new.promptId AND new.state <> old.state;
      END;
      """)
}
