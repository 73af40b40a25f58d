import GRDB

extension Migration {
  /// Records which import each prompt came with, and lets imports and prompts be withdrawn.
  ///
  /// Withdrawn prompts share names and contents with later ones, which the constraints of `prompt`
  /// forbade. SQLite changes the constraints of a table only if the table is made again.
  static let withdrawImports = Migration(name: "0003 Withdraw imports") { db in
    // Triggers of other tables name the table while it is away.
    try db.execute(sql: "PRAGMA legacy_alter_table = ON")
    defer { try? db.execute(sql: "PRAGMA legacy_alter_table = OFF") }
    try db.execute(sql: WithdrawImports.people)
    try db.execute(sql: WithdrawImports.imports)
    try db.execute(sql: WithdrawImports.prompts)
    try db.execute(sql: WithdrawImports.indexes)
    try db.execute(sql: WithdrawImports.triggersOfPrompts)
    try db.execute(sql: WithdrawImports.otherTriggers)
  }
}

private enum WithdrawImports {
  static let people = """
    ALTER TABLE person ADD COLUMN
      isExternal INTEGER NOT NULL DEFAULT 0 CHECK (isExternal = 0 OR isExternal = 1);
    CREATE TRIGGER externalPersonStaysOut
      BEFORE UPDATE OF role, passwordHash, disabledAt, isExternal ON person
      WHEN old.isExternal = 1 AND (new.isExternal = 0 OR new.role <> 'labeller'
        OR new.passwordHash IS NOT NULL OR new.disabledAt IS NULL)
    BEGIN
      SELECT RAISE(ABORT, 'an external labeller cannot sign in');
    END;
    ALTER TABLE task ADD COLUMN waivedCount INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE task ADD COLUMN extraCount INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE assignment ADD COLUMN importId INTEGER REFERENCES promptImport(id);
    CREATE INDEX assignmentOfImport ON assignment(importId) WHERE importId IS NOT NULL;
    """

  /// Makes a row for each import of the event log. Prompts of one transaction have its time, which
  /// is the event's as well. Those of a large import were stored while it ran. The rest is grouped
  /// by time, without a file name.
  static let imports = """
    CREATE TABLE promptImportRebuilt (
      id INTEGER PRIMARY KEY,
      taskId INTEGER NOT NULL REFERENCES task(id),
      personId INTEGER REFERENCES person(id),
      journal TEXT UNIQUE,
      source TEXT NOT NULL,
      rowCount INTEGER NOT NULL CHECK (rowCount >= 0),
      rejectedCount INTEGER NOT NULL CHECK (rejectedCount >= 0),
      storedCount INTEGER NOT NULL DEFAULT 0 CHECK (storedCount >= 0),
      passedOverCount INTEGER NOT NULL DEFAULT 0 CHECK (passedOverCount >= 0),
      createdAt INTEGER NOT NULL,
      finishedAt INTEGER,
      judgementUse TEXT NOT NULL DEFAULT 'metadata'
        CHECK (judgementUse IN ('metadata', 'labeller', 'labeller-in-overlap', 'gold')),
      withdrawnAt INTEGER,
      CHECK (storedCount + passedOverCount <= rowCount)
    ) STRICT;
    INSERT INTO promptImportRebuilt (id, taskId, personId, journal, source, rowCount, rejectedCount,
      storedCount, passedOverCount, createdAt, finishedAt)
    SELECT id, taskId, personId, journal, source, rowCount, rejectedCount, storedCount,
      passedOverCount, createdAt, finishedAt FROM promptImport;
    DROP TABLE promptImport;
    ALTER TABLE promptImportRebuilt RENAME TO promptImport;
    CREATE INDEX promptImportByTime ON promptImport(taskId, createdAt);
    CREATE INDEX promptByTime ON prompt(taskId, createdAt);
    INSERT INTO promptImport (taskId, personId, source, rowCount, rejectedCount, createdAt,
      finishedAt)
    SELECT taskId, personId, coalesce(json_extract(payload, '$.source'), ''), 0,
      max(0, coalesce(json_extract(payload, '$.rejected'), 0)), createdAt, createdAt
    FROM event
    WHERE kind IN ('promptsImported', 'judgementsImported') AND EXISTS (
      SELECT 1 FROM prompt WHERE prompt.taskId = event.taskId
        AND prompt.createdAt = event.createdAt AND prompt.originalId IS NULL)
    ORDER BY id;
    INSERT INTO promptImport (taskId, source, rowCount, rejectedCount, createdAt, finishedAt)
    SELECT taskId, '', 0, 0, createdAt, createdAt FROM prompt
    WHERE originalId IS NULL AND NOT EXISTS (
        SELECT 1 FROM promptImport AS known WHERE known.taskId = prompt.taskId
          AND known.createdAt = prompt.createdAt AND known.journal IS NULL)
      AND NOT EXISTS (
        SELECT 1 FROM promptImport AS known WHERE known.taskId = prompt.taskId
          AND known.journal IS NOT NULL AND known.createdAt <= prompt.createdAt
          AND coalesce(known.finishedAt, prompt.createdAt) >= prompt.createdAt)
    GROUP BY taskId, createdAt ORDER BY taskId, createdAt;
    """

  static let prompts = """
    CREATE TABLE promptRebuilt (
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
      judgementTarget INTEGER NOT NULL CHECK (judgementTarget BETWEEN 1 AND 100),
      responseCount INTEGER NOT NULL DEFAULT 0 CHECK (responseCount BETWEEN 0 AND 9),
      slotsTaken INTEGER NOT NULL DEFAULT 0 CHECK (slotsTaken >= 0),
      judged INTEGER NOT NULL DEFAULT 0 CHECK (judged BETWEEN 0 AND slotsTaken),
      createdAt INTEGER NOT NULL,
      isGold INTEGER NOT NULL DEFAULT 0 CHECK (isGold IN (0, 1)),
      segmentId INTEGER REFERENCES promptSegment(id),
      disagreement REAL NOT NULL DEFAULT 0,
      uncertainty REAL NOT NULL DEFAULT 0,
      isShuffled INTEGER NOT NULL DEFAULT 0 CHECK (isShuffled IN (0, 1)),
      importId INTEGER REFERENCES promptImport(id),
      isClosed INTEGER NOT NULL DEFAULT 0 CHECK (isClosed IN (0, 1)),
      isWithdrawn INTEGER NOT NULL DEFAULT 0 CHECK (isWithdrawn IN (0, 1)),
      extraJudged INTEGER NOT NULL DEFAULT 0 CHECK (extraJudged >= 0),
      UNIQUE (taskId, position),
      CHECK (isWithdrawn <= isClosed),
      CHECK (isWithdrawn = 0 OR slotsTaken + extraJudged = 0)
    ) STRICT;
    INSERT INTO promptRebuilt (
      id, taskId, name, round, originalId, messages, metadata, contentHash, groupKey, position,
      shuffle, judgementTarget, responseCount, slotsTaken, judged, createdAt, isGold, segmentId,
      disagreement, uncertainty, isShuffled, importId)
    SELECT
      id, taskId, name, round, originalId, messages, metadata, contentHash, groupKey, position,
      shuffle, judgementTarget, responseCount, slotsTaken, judged, createdAt, isGold, segmentId,
      disagreement, uncertainty, isShuffled,
      coalesce(
        (SELECT known.id FROM promptImport AS known WHERE known.taskId = prompt.taskId
          AND known.createdAt = prompt.createdAt AND known.journal IS NULL
          ORDER BY known.id LIMIT 1),
        (SELECT known.id FROM promptImport AS known WHERE known.taskId = prompt.taskId
          AND known.journal IS NOT NULL AND known.createdAt <= prompt.createdAt
          AND coalesce(known.finishedAt, prompt.createdAt) >= prompt.createdAt
          ORDER BY known.createdAt DESC LIMIT 1))
    FROM prompt;
    DROP TABLE prompt;
    ALTER TABLE promptRebuilt RENAME TO prompt;
    UPDATE prompt SET importId = (
      SELECT original.importId FROM prompt AS original WHERE original.id = prompt.originalId)
    WHERE originalId IS NOT NULL;
    DROP INDEX promptImportByTime;
    """

  static let indexes = """
    CREATE UNIQUE INDEX promptNamed ON prompt(taskId, name) WHERE isWithdrawn = 0;
    CREATE UNIQUE INDEX promptWithContent ON prompt(taskId, contentHash, round)
      WHERE isWithdrawn = 0;
    CREATE INDEX promptOfImport ON prompt(importId) WHERE importId IS NOT NULL;
    CREATE INDEX promptClosed ON prompt(id) WHERE isClosed = 1;
    CREATE INDEX promptUnanswered ON prompt(taskId, position) WHERE responseCount < 2;
    CREATE INDEX promptGold ON prompt(taskId, shuffle, position) WHERE isGold = 1;
    CREATE INDEX promptOpenByPosition ON prompt(taskId, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0;
    CREATE INDEX promptOpenBySlotsTaken ON prompt(taskId, slotsTaken, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0;
    CREATE INDEX promptOpenByShuffle ON prompt(taskId, shuffle, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0
        AND isShuffled = 1;
    CREATE INDEX promptInSegmentByPosition ON prompt(taskId, segmentId, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0
        AND segmentId IS NOT NULL;
    CREATE INDEX promptInSegmentBySlotsTaken ON prompt(taskId, segmentId, slotsTaken, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0
        AND segmentId IS NOT NULL;
    CREATE INDEX promptInSegmentByShuffle ON prompt(taskId, segmentId, shuffle, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0
        AND isShuffled = 1
        AND segmentId IS NOT NULL;
    CREATE INDEX promptDisputed ON prompt(taskId, disagreement DESC, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0
        AND disagreement > 0;
    CREATE INDEX promptUncertain ON prompt(taskId, uncertainty DESC, position)
      WHERE slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0
        AND uncertainty > 0;
    CREATE INDEX promptImportUnfinished ON promptImport(id) WHERE finishedAt IS NULL;
    CREATE INDEX promptImportOfTask ON promptImport(taskId, id);
    UPDATE promptImport SET (rowCount, storedCount) =
      (SELECT count(*), count(*) FROM prompt
        WHERE importId = promptImport.id AND originalId IS NULL)
    WHERE journal IS NULL;
    """

  static let triggersOfPrompts = """
    CREATE TRIGGER promptCounted AFTER INSERT ON prompt
      WHEN new.position > (SELECT lastPosition FROM task WHERE id = new.taskId)
    BEGIN
      UPDATE task SET promptCount = promptCount + 1, lastPosition = new.position,
        answeredCount = answeredCount + (new.responseCount >= 2),
        queueVersion = queueVersion + (new.responseCount >= 2)
        WHERE id = new.taskId;
    END;

    CREATE TRIGGER promptStays BEFORE DELETE ON prompt BEGIN
      SELECT RAISE(ABORT, 'a prompt cannot be deleted');
    END;

    CREATE TRIGGER promptKeepsItsContent
      BEFORE UPDATE OF id, taskId, name, round, originalId, messages, metadata, contentHash, groupKey,
        position, shuffle, importId ON prompt
    BEGIN
      SELECT RAISE(ABORT, 'the content of a prompt cannot change');
    END;

    CREATE TRIGGER promptStaysWithdrawn BEFORE UPDATE OF isWithdrawn, isClosed ON prompt
      WHEN old.isWithdrawn = 1
    BEGIN
      SELECT RAISE(ABORT, 'a withdrawn prompt stays withdrawn');
    END;

    CREATE TRIGGER promptProgresses
      AFTER UPDATE OF responseCount, slotsTaken, judged, judgementTarget, isGold, isClosed,
        isWithdrawn, extraJudged ON prompt
      WHEN new.judged <> old.judged OR new.isGold <> old.isGold
        OR new.judgementTarget <> old.judgementTarget
        OR (new.responseCount >= 2) <> (old.responseCount >= 2) OR new.slotsTaken < old.slotsTaken
        OR new.isClosed <> old.isClosed OR new.isWithdrawn <> old.isWithdrawn
        OR new.extraJudged <> old.extraJudged
    BEGIN
      UPDATE task SET
        promptCount = promptCount + (new.isGold + new.isWithdrawn = 0)
          - (old.isGold + old.isWithdrawn = 0),
        answeredCount = answeredCount
          + (new.responseCount >= 2 AND new.isGold + new.isWithdrawn = 0)
          - (old.responseCount >= 2 AND old.isGold + old.isWithdrawn = 0),
        completeCount = completeCount
          + ((new.judged >= new.judgementTarget OR new.isClosed)
            AND new.isGold + new.isWithdrawn = 0)
          - ((old.judged >= old.judgementTarget OR old.isClosed)
            AND old.isGold + old.isWithdrawn = 0),
        judgementCount = judgementCount + new.judged * (new.isGold + new.isWithdrawn = 0)
          - old.judged * (old.isGold + old.isWithdrawn = 0),
        extraCount = extraCount + new.extraJudged * (new.isGold + new.isWithdrawn = 0)
          - old.extraJudged * (old.isGold + old.isWithdrawn = 0),
        waivedCount = waivedCount
          + max(0, new.judgementTarget - new.judged) * (new.isClosed
            AND new.isGold + new.isWithdrawn = 0)
          - max(0, old.judgementTarget - old.judged) * (old.isClosed
            AND old.isGold + old.isWithdrawn = 0),
        queueVersion = queueVersion
          + ((new.slotsTaken < new.judgementTarget AND new.responseCount >= 2
              AND new.isGold + new.isClosed = 0)
          AND NOT (old.slotsTaken < old.judgementTarget AND old.responseCount >= 2
              AND old.isGold + old.isClosed = 0))
        WHERE id = new.taskId;
    END;
    """

  static let otherTriggers = """
    DROP TRIGGER responseComesLater;
    DROP TRIGGER assignmentKeepsItsOrder;
    DROP TRIGGER assignmentStartsAsLease;
    DROP TRIGGER assignmentMoves;
    DROP TRIGGER adjudicationIsSound;
    DROP TRIGGER eventFillsTheOutbox;
    CREATE TRIGGER responseComesLater AFTER INSERT ON response
      WHEN new.position > (SELECT responseCount FROM prompt WHERE id = new.promptId)
    BEGIN
      SELECT CASE WHEN EXISTS (SELECT 1 FROM assignment WHERE promptId = new.promptId)
        THEN RAISE(ABORT, 'the responses of a prompt are frozen once they were shown')
        WHEN (SELECT isClosed FROM prompt WHERE id = new.promptId)
        THEN RAISE(ABORT, 'the prompt is closed') END;
      UPDATE prompt SET responseCount = responseCount + 1 WHERE id = new.promptId;
    END;

    CREATE TRIGGER assignmentKeepsItsOrder
      BEFORE UPDATE OF id, taskId, promptId, labellerId, seed, shown, importId ON assignment
    BEGIN
      SELECT RAISE(ABORT, 'an assignment keeps its prompt, labeller and order');
    END;

    CREATE TRIGGER assignmentStartsAsLease AFTER INSERT ON assignment BEGIN
      SELECT CASE
        WHEN new.state <> 'leased' THEN RAISE(ABORT, 'an assignment starts as a lease')
        WHEN new.slot > judgementTarget AND NOT isGold AND new.slot <= 1000000
          THEN RAISE(ABORT, 'the slot is above the overlap')
        WHEN isClosed THEN RAISE(ABORT, 'the prompt is closed')
        WHEN new.taskId <> taskId THEN RAISE(ABORT, 'the prompt belongs to another task')
        WHEN responseCount < 2 THEN RAISE(ABORT, 'the prompt lacks responses')
        WHEN json_array_length(new.shown) <> responseCount
          THEN RAISE(ABORT, 'the shown order must name every response')
      END FROM prompt WHERE id = new.promptId;
      UPDATE prompt SET slotsTaken = slotsTaken + 1 WHERE id = new.promptId AND new.slot <= 1000000;
    END;

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
          AND new.slot > (SELECT judgementTarget FROM prompt WHERE id = new.promptId AND isGold = 0)
          THEN RAISE(ABORT, 'the slot is above the overlap')
        WHEN old.state <> 'leased' AND new.state = 'leased'
          AND (SELECT isClosed FROM prompt WHERE id = new.promptId)
          THEN RAISE(ABORT, 'the prompt is closed')
        WHEN old.state = new.state AND old.slot IS NOT new.slot
          THEN RAISE(ABORT, 'an assignment keeps its slot')
      END;
      UPDATE prompt SET
        slotsTaken = slotsTaken + (new.slot IS NOT NULL) - (old.slot IS NOT NULL),
        judged = judged + (new.state = 'submitted') - (old.state = 'submitted')
        WHERE id = new.promptId AND new.state <> old.state
          AND coalesce(old.slot, new.slot) <= 1000000;
      UPDATE prompt SET
        extraJudged = extraJudged + (new.state = 'submitted') - (old.state = 'submitted')
        WHERE id = new.promptId AND new.state <> old.state
          AND coalesce(old.slot, new.slot) > 1000000;
    END;

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
        WHEN new.body IS NOT NULL
          AND (SELECT judged + extraJudged FROM prompt WHERE id = new.promptId) = 0
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

    CREATE TRIGGER eventFillsTheOutbox AFTER INSERT ON event
      WHEN EXISTS (SELECT 1 FROM webhook WHERE taskId = new.taskId AND removedAt IS NULL)
    BEGIN
      INSERT INTO delivery (webhookId, event, payload, createdAt, dueAt)
      SELECT webhook.id, named.name, json_object(
          'type', named.name,
          'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', new.createdAt / 1000.0, 'unixepoch'),
          'data', json_object(
            'task', (SELECT slug FROM task WHERE id = new.taskId), 'event', new.id,
            'labeller', (SELECT pseudonym FROM participant
              WHERE taskId = new.taskId AND personId = new.personId),
            'prompt', (SELECT prompt.name FROM assignment JOIN prompt ON prompt.id = promptId
              WHERE assignment.id = json_extract(new.payload, '$.assignment')),
            'details', json(new.payload))),
        new.createdAt, new.createdAt
      FROM webhook JOIN (SELECT CASE new.kind
        WHEN 'judgementSubmitted' THEN 'judgement.submitted'
        WHEN 'judgementRevised' THEN 'judgement.revised'
        WHEN 'judgementRetracted' THEN 'judgement.retracted'
        WHEN 'promptSkipped' THEN 'prompt.skipped'
        WHEN 'promptsImported' THEN 'prompts.imported'
        WHEN 'promptsWithdrawn' THEN 'prompts.withdrawn'
        WHEN 'responsesAdded' THEN 'responses.added'
        WHEN 'datasetExported' THEN 'dataset.exported'
        WHEN 'taskSaved' THEN 'task.changed'
        WHEN 'runChanged' THEN CASE
          WHEN json_extract(new.payload, '$.status') IN ('done', 'failed', 'cancelled', 'interrupted')
            THEN 'run.finished'
          WHEN json_extract(new.payload, '$.status') = 'running' THEN 'run.started' END
        END AS name) AS named
      WHERE webhook.taskId = new.taskId AND webhook.removedAt IS NULL
        AND named.name IN (SELECT value FROM json_each(webhook.events))
      ORDER BY webhook.id;
    END;
    """
}
