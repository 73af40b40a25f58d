/// Who gets which prompt: routes by language and tags, gold that everyone gets, and priorities.
///
/// A route is one combination of language and tags; a prompt without either has none. Gold stands
/// outside the queue: its judgements measure labellers, take no part in the overlap, and are left
/// out of the task's counts.
let distributionSchema = """
  CREATE TABLE route (
    id INTEGER PRIMARY KEY,
    taskId INTEGER NOT NULL REFERENCES task(id),
    language TEXT NOT NULL,
    tags TEXT NOT NULL CHECK (json_valid(tags)),
    UNIQUE (taskId, language, tags)
  ) STRICT;
  CREATE TABLE specialty (
    personId INTEGER PRIMARY KEY REFERENCES person(id),
    -- Null: all.
    languages TEXT CHECK (languages IS NULL OR json_valid(languages)),
    tags TEXT CHECK (tags IS NULL OR json_valid(tags))
  ) STRICT;
  CREATE TABLE gold (
    promptId INTEGER PRIMARY KEY REFERENCES prompt(id),
    judgement TEXT NOT NULL CHECK (json_valid(judgement)),
    createdAt INTEGER NOT NULL
  ) STRICT;

  ALTER TABLE prompt ADD COLUMN isGold INTEGER NOT NULL DEFAULT 0 CHECK (isGold IN (0, 1));
  ALTER TABLE prompt ADD COLUMN routeId INTEGER REFERENCES route(id);
  ALTER TABLE prompt ADD COLUMN disagreement REAL NOT NULL DEFAULT 0;
  ALTER TABLE prompt ADD COLUMN uncertainty REAL NOT NULL DEFAULT 0;
  ALTER TABLE participant ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;

  DROP INDEX promptOpenByPosition;
  DROP INDEX promptOpenByShuffle;
  DROP INDEX promptOpenByTaken;
  CREATE INDEX promptOpenByPosition ON prompt(taskId, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0;
  CREATE INDEX promptOpenByShuffle ON prompt(taskId, shuffle, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0;
  CREATE INDEX promptOpenByTaken ON prompt(taskId, taken, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0;
  CREATE INDEX promptRoutedByPosition ON prompt(taskId, routeId, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND routeId IS NOT NULL;
  CREATE INDEX promptRoutedByShuffle ON prompt(taskId, routeId, shuffle, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND routeId IS NOT NULL;
  CREATE INDEX promptRoutedByTaken ON prompt(taskId, routeId, taken, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND routeId IS NOT NULL;
  CREATE INDEX promptDisputed ON prompt(taskId, disagreement DESC, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND disagreement > 0;
  CREATE INDEX promptUncertain ON prompt(taskId, uncertainty DESC, position)
    WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND uncertainty > 0;
  CREATE INDEX promptGold ON prompt(taskId, shuffle, position) WHERE isGold = 1;

  CREATE TEMP TABLE routed AS
    SELECT id, taskId,
      CASE json_type(metadata, '$.language') WHEN 'text'
        THEN json_extract(metadata, '$.language') ELSE '' END AS language,
      CASE json_type(metadata, '$.tags') WHEN 'array'
        THEN json_extract(metadata, '$.tags') ELSE '[]' END AS tags
    FROM prompt WHERE metadata LIKE '%"language"%' OR metadata LIKE '%"tags"%';
  DELETE FROM routed WHERE language = '' AND tags = '[]';
  INSERT INTO route (taskId, language, tags) SELECT DISTINCT taskId, language, tags FROM routed;
  UPDATE prompt SET routeId = (SELECT route.id FROM routed JOIN route USING (taskId, language, tags)
    WHERE routed.id = prompt.id) WHERE id IN (SELECT id FROM routed);
  DROP TABLE routed;
  """

/// Invariant 1, gold apart: everyone judges a gold prompt once, whatever the task's overlap.
let distributionRules = """
  DROP TRIGGER assignmentStartsAsLease;
  CREATE TRIGGER assignmentStartsAsLease BEFORE INSERT ON assignment BEGIN
    SELECT CASE
      WHEN new.state <> 'leased' THEN RAISE(ABORT, 'an assignment starts as a lease')
      WHEN new.slot > wanted AND NOT isGold THEN RAISE(ABORT, 'the slot is above the overlap')
      WHEN new.taskId <> taskId THEN RAISE(ABORT, 'the prompt belongs to another task')
      WHEN responseCount < 2 THEN RAISE(ABORT, 'the prompt lacks responses')
      WHEN json_array_length(new.shown) <> responseCount
        THEN RAISE(ABORT, 'the shown order must name every response')
    END FROM prompt WHERE id = new.promptId;
  END;
  DROP TRIGGER assignmentMoves;
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
        AND new.slot > (SELECT wanted FROM prompt WHERE id = new.promptId AND isGold = 0)
        THEN RAISE(ABORT, 'the slot is above the overlap')
      WHEN old.state = new.state AND old.slot IS NOT new.slot
        THEN RAISE(ABORT, 'an assignment keeps its slot')
    END;
  END;
  CREATE TRIGGER goldIsMarked AFTER INSERT ON gold BEGIN
    UPDATE prompt SET isGold = 1 WHERE id = new.promptId;
  END;
  CREATE TRIGGER goldIsUnmarked AFTER DELETE ON gold BEGIN
    UPDATE prompt SET isGold = 0 WHERE id = old.promptId;
  END;

  DROP TRIGGER promptProgresses;
  -- Most leases change none of the task's counts; the condition keeps its row out of them.
  CREATE TRIGGER promptProgresses
    AFTER UPDATE OF responseCount, taken, judged, wanted, isGold ON prompt
    WHEN new.judged <> old.judged OR new.isGold <> old.isGold OR new.wanted <> old.wanted
      OR (new.responseCount >= 2) <> (old.responseCount >= 2) OR new.taken < old.taken
  BEGIN
    UPDATE task SET
      promptCount = promptCount + old.isGold - new.isGold,
      answeredCount = answeredCount + (new.responseCount >= 2 AND NOT new.isGold)
        - (old.responseCount >= 2 AND NOT old.isGold),
      completeCount = completeCount + (new.judged >= new.wanted AND NOT new.isGold)
        - (old.judged >= old.wanted AND NOT old.isGold),
      judgementCount = judgementCount + new.judged * (1 - new.isGold) - old.judged * (1 - old.isGold),
      openings = openings
        + ((new.taken < new.wanted AND new.responseCount >= 2 AND NOT new.isGold)
        AND NOT (old.taken < old.wanted AND old.responseCount >= 2 AND NOT old.isGold))
      WHERE id = new.taskId;
  END;
  """
