import GRDB

/// Less to do for each row: SQLite keeps every UNIQUE as an index, and a trigger that runs takes
/// longer than the row itself.
///
/// The answers of a prompt lie together, in its order: `id` is the prompt's with the place in its
/// last four bits, which is how the search index names them too. An event's hash needs no index, as
/// the chain makes it unique. The prompts of a batch are counted ahead, as a prompt's answers are:
/// only a row beyond what was counted counts itself.
func leanSchema(_ db: Database) throws {
  try db.execute(
    sql: """
      DROP TRIGGER promptCounted;
      CREATE TRIGGER promptCounted AFTER INSERT ON prompt
        WHEN new.position > (SELECT lastPosition FROM task WHERE id = new.taskId)
      BEGIN
        UPDATE task SET promptCount = promptCount + 1, lastPosition = new.position,
          answeredCount = answeredCount + (new.responseCount >= 2),
          openings = openings + (new.responseCount >= 2)
          WHERE id = new.taskId;
      END;
      -- A response within the count is one that came with its prompt: its id can be there only once.
      DROP TRIGGER responseIsFrozenOnceShown;
      DROP TRIGGER responseCounted;
      CREATE TRIGGER responseComesLater AFTER INSERT ON response
        WHEN new.position > (SELECT responseCount FROM prompt WHERE id = new.promptId)
      BEGIN
        SELECT CASE WHEN EXISTS (SELECT 1 FROM assignment WHERE promptId = new.promptId)
          THEN RAISE(ABORT, 'the responses of a prompt are frozen once they were shown') END;
        UPDATE prompt SET responseCount = responseCount + 1 WHERE id = new.promptId;
      END;
      -- One trigger where there were two.
      DROP TRIGGER assignmentStartsAsLease;
      DROP TRIGGER assignmentTakesSlot;
      CREATE TRIGGER assignmentStartsAsLease AFTER INSERT ON assignment BEGIN
        SELECT CASE
          WHEN new.state <> 'leased' THEN RAISE(ABORT, 'an assignment starts as a lease')
          WHEN new.slot > wanted AND NOT isGold THEN RAISE(ABORT, 'the slot is above the overlap')
          WHEN new.taskId <> taskId THEN RAISE(ABORT, 'the prompt belongs to another task')
          WHEN responseCount < 2 THEN RAISE(ABORT, 'the prompt lacks responses')
          WHEN json_array_length(new.shown) <> responseCount
            THEN RAISE(ABORT, 'the shown order must name every response')
        END FROM prompt WHERE id = new.promptId;
        UPDATE prompt SET taken = taken + 1 WHERE id = new.promptId;
      END;
      DROP TRIGGER assignmentMoves;
      DROP TRIGGER assignmentFreesSlot;
      CREATE TRIGGER assignmentMoves AFTER UPDATE OF state, slot ON assignment BEGIN
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
  try rebuild(
    db, "response",
    columns: """
      id INTEGER PRIMARY KEY CHECK (id = promptId << 4 | position),
      promptId INTEGER NOT NULL REFERENCES prompt(id),
      name TEXT NOT NULL CHECK (length(name) > 0),
      position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
      -- Bytes of UTF-8: as TEXT, SQLite's interfaces would cut it at a NUL character.
      text BLOB NOT NULL,
      source TEXT,
      createdAt INTEGER NOT NULL,
      UNIQUE (promptId, name)
      """,
    filling: """
      SELECT promptId << 4 | position, promptId, name, position, text, source, createdAt
      FROM response ORDER BY promptId, position
      """)
  // The search index comes to an answer by its id; which it has is not told by the new ones.
  try db.execute(
    sql: """
      INSERT INTO answerWords (answerWords) VALUES ('delete-all');
      UPDATE searchProgress SET lastId = 0 WHERE kind = 'answer';
      """)
  try rebuild(
    db, "event",
    columns: """
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      personId INTEGER REFERENCES person(id),
      taskId INTEGER REFERENCES task(id),
      payload TEXT NOT NULL CHECK (json_valid(payload)),
      createdAt INTEGER NOT NULL,
      previousHash TEXT NOT NULL,
      hash TEXT NOT NULL CHECK (length(hash) = 64)
      """,
    filling: "SELECT * FROM event ORDER BY id")
}

/// Gives a table other columns; its indices and triggers stay.
func rebuild(
  _ db: Database, _ table: String, columns: String, filling rows: String
) throws {
  let attached = try String.fetchAll(
    db,
    sql: """
      SELECT sql FROM sqlite_master
      WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid
      """, arguments: [table])
  // Triggers of other tables name this one, which for a moment is not there.
  try db.execute(
    sql: """
      PRAGMA legacy_alter_table = ON;
      CREATE TABLE rebuilt (\(columns)) STRICT;
      INSERT INTO rebuilt \(rows);
      DROP TABLE \(table);
      ALTER TABLE rebuilt RENAME TO \(table);
      PRAGMA legacy_alter_table = OFF;
      """)
  for sql in attached { try db.execute(sql: sql) }
}
