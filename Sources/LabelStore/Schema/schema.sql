-- The schema of a store, as it is after all migrations. A new store is created from this file; an
-- older store reaches the same schema by the files in Migrations/. A test compares the two.
--
-- Conventions: times are milliseconds since 1970 in UTC. Names of people, tasks, prompts and
-- responses are texts that people see; ids are SQLite's row ids. Columns that a migration added come
-- last in their table. Triggers enforce the rules, so that they hold for any code that writes to the
-- file. A trigger named …KeepsItsContent or …Stays forbids changing or deleting rows.


-- PEOPLE ---------------------------------------------------------------------------------------

CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
  role TEXT NOT NULL CHECK (role IN ('labeller', 'reviewer', 'admin')),
  passwordHash TEXT,
  createdAt INTEGER NOT NULL,
  disabledAt INTEGER,
  -- The language of the interface; null follows the browser.
  language TEXT,
  -- Whether this is the author of judgements in an imported file, who can never sign in.
  isExternal INTEGER NOT NULL DEFAULT 0 CHECK (isExternal = 0 OR isExternal = 1)
) STRICT;
CREATE TRIGGER externalPersonStaysOut
  BEFORE UPDATE OF role, passwordHash, disabledAt, isExternal ON person
  WHEN old.isExternal = 1 AND (new.isExternal = 0 OR new.role <> 'labeller'
    OR new.passwordHash IS NOT NULL OR new.disabledAt IS NULL)
BEGIN
  SELECT RAISE(ABORT, 'an external labeller cannot sign in');
END;

-- Sessions, invitations and API tokens are stored only as hashes.
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  tokenHash TEXT NOT NULL UNIQUE,
  personId INTEGER NOT NULL REFERENCES person(id),
  agent TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL
) STRICT;
CREATE INDEX sessionOfPerson ON session(personId);

CREATE TABLE invitation (
  id INTEGER PRIMARY KEY,
  tokenHash TEXT NOT NULL UNIQUE,
  personId INTEGER NOT NULL REFERENCES person(id),
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  usedAt INTEGER
) STRICT;
CREATE INDEX invitationOfPerson ON invitation(personId);

CREATE TABLE apiToken (
  id INTEGER PRIMARY KEY,
  tokenHash TEXT NOT NULL UNIQUE,
  personId INTEGER NOT NULL REFERENCES person(id),
  name TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  revokedAt INTEGER
) STRICT;
CREATE INDEX apiTokenOfPerson ON apiToken(personId);

-- Random keys with which the servers of this store sign cookies.
CREATE TABLE serverKey (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
  key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;


-- TASKS, PROMPTS AND RESPONSES -----------------------------------------------------------------

CREATE TABLE task (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  definition TEXT NOT NULL CHECK (json_valid(definition)),
  guidelines TEXT NOT NULL,
  seed INTEGER NOT NULL,
  overlap INTEGER NOT NULL CHECK (overlap BETWEEN 1 AND 100),
  round INTEGER NOT NULL DEFAULT 1 CHECK (round >= 1),
  -- Counts of prompts other than gold and of their judgements, kept by triggers.
  promptCount INTEGER NOT NULL DEFAULT 0,
  answeredCount INTEGER NOT NULL DEFAULT 0,
  completeCount INTEGER NOT NULL DEFAULT 0,
  judgementCount INTEGER NOT NULL DEFAULT 0,
  lastPosition INTEGER NOT NULL DEFAULT 0,
  -- How often a prompt became available. While it is unchanged, a labeller who had
  -- no prompt left need not be searched for again.
  queueVersion INTEGER NOT NULL DEFAULT 0,
  createdAt INTEGER NOT NULL,
  archivedAt INTEGER,
  -- Judgements that closed prompts will never get, kept by triggers.
  waivedCount INTEGER NOT NULL DEFAULT 0,
  -- Judgements of external labellers beside the overlap, kept by triggers.
  extraCount INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A combination of language and tags that prompts of a task have.
CREATE TABLE promptSegment (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  -- Empty for prompts that have tags but no language.
  language TEXT NOT NULL,
  tags TEXT NOT NULL CHECK (json_valid(tags)),
  UNIQUE (taskId, language, tags)
) STRICT;

CREATE TABLE prompt (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  name TEXT NOT NULL CHECK (length(name) > 0),
  round INTEGER NOT NULL CHECK (round >= 1),
  -- The prompt of an earlier round that this one repeats.
  originalId INTEGER REFERENCES prompt(id),
  messages TEXT NOT NULL CHECK (json_valid(messages)),
  metadata TEXT NOT NULL CHECK (json_valid(metadata)),
  contentHash BLOB NOT NULL,
  -- Near-duplicates share a group, and a group is on one side of the split of an export.
  groupKey TEXT NOT NULL,
  position INTEGER NOT NULL,
  shuffle INTEGER NOT NULL,
  -- The number of judgements to collect: the task's overlap.
  judgementTarget INTEGER NOT NULL CHECK (judgementTarget BETWEEN 1 AND 100),
  responseCount INTEGER NOT NULL DEFAULT 0 CHECK (responseCount BETWEEN 0 AND 9),
  -- Slots taken by live leases and judgements, kept by the triggers of assignment.
  slotsTaken INTEGER NOT NULL DEFAULT 0 CHECK (slotsTaken >= 0),
  -- Judgements alone.
  judged INTEGER NOT NULL DEFAULT 0 CHECK (judged BETWEEN 0 AND slotsTaken),
  createdAt INTEGER NOT NULL,
  isGold INTEGER NOT NULL DEFAULT 0 CHECK (isGold IN (0, 1)),
  -- Null for a prompt without language and tags, which every labeller receives.
  segmentId INTEGER REFERENCES promptSegment(id),
  -- Priorities of the orders `disagreement` and `uncertainty`.
  disagreement REAL NOT NULL DEFAULT 0,
  uncertainty REAL NOT NULL DEFAULT 0,
  -- Whether the prompt is in the indexes by shuffle: only where the task's order is random.
  isShuffled INTEGER NOT NULL DEFAULT 0 CHECK (isShuffled IN (0, 1)),
  -- The import that the prompt came with; null in stores of before imports were recorded.
  importId INTEGER REFERENCES promptImport(id),
  -- A closed prompt keeps its judgements and is given to nobody any more. A withdrawn prompt is
  -- closed, has no judgement, and is left out everywhere.
  isClosed INTEGER NOT NULL DEFAULT 0 CHECK (isClosed IN (0, 1)),
  isWithdrawn INTEGER NOT NULL DEFAULT 0 CHECK (isWithdrawn IN (0, 1)),
  -- Judgements of external labellers that take no slot of the overlap.
  extraJudged INTEGER NOT NULL DEFAULT 0 CHECK (extraJudged >= 0),
  UNIQUE (taskId, position),
  CHECK (isWithdrawn <= isClosed),
  CHECK (isWithdrawn = 0 OR slotsTaken + extraJudged = 0)
) STRICT;
-- A withdrawn prompt leaves its name and its content to another.
CREATE UNIQUE INDEX promptNamed ON prompt(taskId, name) WHERE isWithdrawn = 0;
CREATE UNIQUE INDEX promptWithContent ON prompt(taskId, contentHash, round)
  WHERE isWithdrawn = 0;
CREATE INDEX promptOfImport ON prompt(importId) WHERE importId IS NOT NULL;
CREATE INDEX promptClosed ON prompt(id) WHERE isClosed = 1;
CREATE INDEX promptUnanswered ON prompt(taskId, position) WHERE responseCount < 2;
CREATE INDEX promptGold ON prompt(taskId, shuffle, position) WHERE isGold = 1;

-- The queue of open prompts. Each order of a task has a partial index, so that a claim reads the
-- next prompt without sorting. Gold prompts are outside the queue.
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

-- An import counts a batch of prompts in one statement before it inserts them, because a trigger
-- per row takes longer than the row. The trigger counts only a row that was not counted ahead.
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
-- Keeps the counts of the task. Most leases change none of them; the condition then leaves the
-- task's row alone. Gold and withdrawn prompts are in no count, and a closed prompt is complete.
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

-- The responses of a prompt are adjacent: an id is the prompt's id with the position in the lowest
-- four bits. The search index uses the same ids.
CREATE TABLE response (
  id INTEGER PRIMARY KEY CHECK (id = promptId << 4 | position),
  promptId INTEGER NOT NULL REFERENCES prompt(id),
  name TEXT NOT NULL CHECK (length(name) > 0),
  position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
  -- Bytes of UTF-8. As TEXT, SQLite's interfaces would cut it at a NUL character.
  text BLOB NOT NULL,
  source TEXT,
  createdAt INTEGER NOT NULL,
  UNIQUE (promptId, name)
) STRICT;
-- A prompt is inserted with the count of its responses; only a response beyond the count, one added
-- to an existing prompt, is counted here.
CREATE TRIGGER responseComesLater AFTER INSERT ON response
  WHEN new.position > (SELECT responseCount FROM prompt WHERE id = new.promptId)
BEGIN
  SELECT CASE WHEN EXISTS (SELECT 1 FROM assignment WHERE promptId = new.promptId)
    THEN RAISE(ABORT, 'the responses of a prompt are frozen once they were shown')
    WHEN (SELECT isClosed FROM prompt WHERE id = new.promptId)
    THEN RAISE(ABORT, 'the prompt is closed') END;
  UPDATE prompt SET responseCount = responseCount + 1 WHERE id = new.promptId;
END;
CREATE TRIGGER responseStays BEFORE DELETE ON response BEGIN
  SELECT RAISE(ABORT, 'a response cannot be deleted');
END;
CREATE TRIGGER responseKeepsItsContent BEFORE UPDATE ON response BEGIN
  SELECT RAISE(ABORT, 'a response cannot change');
END;

-- Prompts with a known judgement. Every labeller may receive one, whatever the task's overlap.
CREATE TABLE gold (
  promptId INTEGER PRIMARY KEY REFERENCES prompt(id),
  judgement TEXT NOT NULL CHECK (json_valid(judgement)),
  createdAt INTEGER NOT NULL
) STRICT;
CREATE TRIGGER goldIsMarked AFTER INSERT ON gold BEGIN
  UPDATE prompt SET isGold = 1 WHERE id = new.promptId;
END;
CREATE TRIGGER goldIsUnmarked AFTER DELETE ON gold BEGIN
  UPDATE prompt SET isGold = 0 WHERE id = old.promptId;
END;

-- An import of a file. One that is too large for one transaction has its checked rows in a journal
-- file beside the store; this row records how many of them are stored.
CREATE TABLE promptImport (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  personId INTEGER REFERENCES person(id),
  -- Null for an import that was stored in one transaction.
  journal TEXT UNIQUE,
  -- The name of the file.
  source TEXT NOT NULL,
  rowCount INTEGER NOT NULL CHECK (rowCount >= 0),
  rejectedCount INTEGER NOT NULL CHECK (rejectedCount >= 0),
  storedCount INTEGER NOT NULL DEFAULT 0 CHECK (storedCount >= 0),
  passedOverCount INTEGER NOT NULL DEFAULT 0 CHECK (passedOverCount >= 0),
  createdAt INTEGER NOT NULL,
  finishedAt INTEGER,
  -- What became of the judgements in the file.
  judgementUse TEXT NOT NULL DEFAULT 'metadata'
    CHECK (judgementUse IN ('metadata', 'labeller', 'labeller-in-overlap', 'gold')),
  -- When the last of its prompts was withdrawn or closed.
  withdrawnAt INTEGER,
  CHECK (storedCount + passedOverCount <= rowCount)
) STRICT;
CREATE INDEX promptImportUnfinished ON promptImport(id) WHERE finishedAt IS NULL;
CREATE INDEX promptImportOfTask ON promptImport(taskId, id);


-- WHO RECEIVES WHICH PROMPT --------------------------------------------------------------------

-- The prompts that a person receives; null means all.
CREATE TABLE promptFilter (
  personId INTEGER PRIMARY KEY REFERENCES person(id),
  languages TEXT CHECK (languages IS NULL OR json_valid(languages)),
  tags TEXT CHECK (tags IS NULL OR json_valid(tags))
) STRICT;

-- A person in a task, under a pseudonym.
CREATE TABLE participant (
  taskId INTEGER NOT NULL REFERENCES task(id),
  personId INTEGER NOT NULL REFERENCES person(id),
  pseudonym TEXT NOT NULL,
  -- The task's `queueVersion` when nothing was left for this labeller.
  exhaustedAtVersion INTEGER NOT NULL DEFAULT -1,
  -- Claims so far, which decide when the next gold prompt comes.
  claims INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (taskId, personId),
  UNIQUE (taskId, pseudonym)
) STRICT, WITHOUT ROWID;

-- The position that a labeller has reached in each queue, so that a claim does not read the prompts
-- before it again.
CREATE TABLE claimCursor (
  taskId INTEGER NOT NULL,
  personId INTEGER NOT NULL,
  -- The slots taken of the prompts in the queue, for the order `fewest`; 0 for the other orders; -1
  -- for the queue of gold prompts.
  level INTEGER NOT NULL,
  -- 0 for the queue of prompts without a segment, or of all prompts.
  segmentId INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (taskId, personId, level, segmentId),
  FOREIGN KEY (taskId, personId) REFERENCES participant(taskId, personId)
) STRICT, WITHOUT ROWID;


-- ASSIGNMENTS AND JUDGEMENTS -------------------------------------------------------------------

-- One labeller's hold on one prompt. A prompt has `judgementTarget` slots, and a lease or a judgement takes
-- one. The unique index on slots and the triggers enforce two rules for any code that writes: a
-- prompt never has more judgements than its overlap, gold apart, and a slot has one owner. Slots
-- above 1,000,000 belong to judgements from files, which are outside the overlap.
--
-- Comparisons are joined by OR where a list would do: SQLite builds a temporary table for each
-- lookup in a list of three or more, and these checks run with every judgement.
CREATE TABLE assignment (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  promptId INTEGER NOT NULL REFERENCES prompt(id),
  labellerId INTEGER NOT NULL REFERENCES person(id),
  state TEXT NOT NULL
    CHECK (state = 'leased' OR state = 'submitted' OR state = 'skipped' OR state = 'returned'
      OR state = 'expired' OR state = 'retracted'),
  slot INTEGER CHECK (slot >= 1),
  -- The seed of the blind order, and the names of the responses in that order.
  seed INTEGER NOT NULL,
  shown TEXT NOT NULL CHECK (json_valid(shown)),
  claimedAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  endedAt INTEGER,
  -- The import that the judgement came with.
  importId INTEGER REFERENCES promptImport(id),
  UNIQUE (promptId, labellerId),
  CHECK ((state = 'leased' OR state = 'submitted') = (slot IS NOT NULL)),
  CHECK ((state = 'leased') = (endedAt IS NULL))
) STRICT;
CREATE UNIQUE INDEX assignmentSlot ON assignment(promptId, slot) WHERE slot IS NOT NULL;
-- Partial indexes, because each index entry on a page that nothing else changes is one more page to
-- write with every commit.
CREATE INDEX assignmentExpiring ON assignment(expiresAt) WHERE state = 'leased';
CREATE INDEX assignmentHeld ON assignment(labellerId, taskId) WHERE state = 'leased';
CREATE INDEX assignmentOfLabeller ON assignment(labellerId, taskId, state, endedAt)
  WHERE endedAt IS NOT NULL;
CREATE INDEX assignmentOfImport ON assignment(importId) WHERE importId IS NOT NULL;
CREATE INDEX assignmentJudged ON assignment(taskId, state, endedAt)
  WHERE state = 'submitted' OR state = 'retracted';

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
CREATE TRIGGER assignmentKeepsItsOrder
  BEFORE UPDATE OF id, taskId, promptId, labellerId, seed, shown, importId ON assignment
BEGIN
  SELECT RAISE(ABORT, 'an assignment keeps its prompt, labeller and order');
END;
CREATE TRIGGER assignmentStays BEFORE DELETE ON assignment BEGIN
  SELECT RAISE(ABORT, 'an assignment cannot be deleted');
END;

-- What a labeller has entered but not submitted.
CREATE TABLE draft (
  assignmentId INTEGER PRIMARY KEY REFERENCES assignment(id),
  body TEXT NOT NULL CHECK (json_valid(body)),
  savedAt INTEGER NOT NULL,
  labellerId INTEGER REFERENCES person(id)
) STRICT;
CREATE INDEX draftOfLabeller ON draft(labellerId);

-- A correction adds a revision; no revision is changed or deleted.
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
CREATE TRIGGER judgementEndsTheLease AFTER INSERT ON judgement
  WHEN (SELECT state FROM assignment WHERE id = new.assignmentId) = 'leased'
BEGIN
  UPDATE assignment SET state = 'submitted', endedAt = new.createdAt
    WHERE id = new.assignmentId;
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


-- REVIEW ---------------------------------------------------------------------------------------

-- Excludes a judgement from later exports and frees its slot.
CREATE TABLE retraction (
  id INTEGER PRIMARY KEY,
  assignmentId INTEGER NOT NULL UNIQUE REFERENCES assignment(id),
  personId INTEGER NOT NULL REFERENCES person(id),
  reason TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  note TEXT NOT NULL DEFAULT ''
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

-- A reviewer's decision on a prompt, stored separately from the judgements. A revision without a
-- body withdraws the decision.
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
CREATE TRIGGER adjudicationLeavesTheQueue AFTER INSERT ON adjudication BEGIN
  UPDATE disagreement SET isDecided = new.body IS NOT NULL WHERE promptId = new.promptId;
END;
CREATE TRIGGER adjudicationKeepsItsContent BEFORE UPDATE ON adjudication BEGIN
  SELECT RAISE(ABORT, 'a decision cannot change; add a revision');
END;
CREATE TRIGGER adjudicationStays BEFORE DELETE ON adjudication BEGIN
  SELECT RAISE(ABORT, 'a decision cannot be deleted; withdraw it');
END;

-- How much the judgements of a prompt disagree. Derived from them, so that the review queue can be
-- read from an index.
CREATE TABLE disagreement (
  promptId INTEGER PRIMARY KEY REFERENCES prompt(id),
  taskId INTEGER NOT NULL REFERENCES task(id),
  value REAL NOT NULL CHECK (value BETWEEN 0 AND 1),
  judgements INTEGER NOT NULL CHECK (judgements >= 2),
  isDecided INTEGER NOT NULL DEFAULT 0 CHECK (isDecided IN (0, 1))
) STRICT;
CREATE INDEX disagreementQueue ON disagreement(taskId, isDecided, value, promptId);


-- RUNS, MODELS AND EXPORTS ---------------------------------------------------------------------

CREATE TABLE run (
  id TEXT PRIMARY KEY NOT NULL,
  taskId INTEGER NOT NULL REFERENCES task(id),
  method TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
  stage TEXT,
  configuration TEXT NOT NULL CHECK (json_valid(configuration)),
  summary TEXT CHECK (summary IS NULL OR json_valid(summary)),
  failure TEXT,
  createdAt INTEGER NOT NULL,
  startedAt INTEGER,
  endedAt INTEGER
) STRICT;
CREATE INDEX runOfTask ON run(taskId, createdAt);

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
  kind TEXT NOT NULL CHECK (kind IN ('policy', 'reward')),
  path TEXT NOT NULL,
  base TEXT,
  runId TEXT REFERENCES run(id),
  lineage TEXT NOT NULL CHECK (json_valid(lineage)),
  createdAt INTEGER NOT NULL
) STRICT;
CREATE TRIGGER modelKeepsItsContent BEFORE UPDATE ON model BEGIN
  SELECT RAISE(ABORT, 'a model version cannot change');
END;

CREATE TABLE export (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  format TEXT NOT NULL,
  path TEXT NOT NULL,
  manifest TEXT NOT NULL CHECK (json_valid(manifest)),
  createdAt INTEGER NOT NULL
) STRICT;
CREATE INDEX exportOfTask ON export(taskId, id);
CREATE TRIGGER exportKeepsItsContent BEFORE UPDATE ON export BEGIN
  SELECT RAISE(ABORT, 'an export cannot change');
END;


-- EVENT LOG ------------------------------------------------------------------------------------

-- The append-only record of all changes. Each event contains the hash of the event before it. The
-- hash needs no index: the chain makes it unique.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  personId INTEGER REFERENCES person(id),
  taskId INTEGER REFERENCES task(id),
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  createdAt INTEGER NOT NULL,
  previousHash TEXT NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
CREATE INDEX eventOfTask ON event(taskId, id);
-- All but the most frequent kinds, for the page that leaves them out.
CREATE INDEX eventThatIsRare ON event(id)
  WHERE kind <> 'judgementSubmitted' AND kind <> 'judgementRevised'
    AND kind <> 'promptSkipped' AND kind <> 'promptsStored';
CREATE TRIGGER eventContinuesTheChain BEFORE INSERT ON event BEGIN
  SELECT CASE
    WHEN new.id <> (SELECT coalesce(max(id), 0) + 1 FROM event)
      THEN RAISE(ABORT, 'events count up one by one')
    WHEN new.previousHash <>
      coalesce((SELECT hash FROM event ORDER BY id DESC LIMIT 1), '')
      THEN RAISE(ABORT, 'an event must continue the chain')
  END;
END;
CREATE TRIGGER eventKeepsItsContent BEFORE UPDATE ON event BEGIN
  SELECT RAISE(ABORT, 'an event cannot change');
END;
CREATE TRIGGER eventStays BEFORE DELETE ON event BEGIN
  SELECT RAISE(ABORT, 'an event cannot be deleted');
END;


-- WEBHOOKS -------------------------------------------------------------------------------------

CREATE TABLE webhook (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  url TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
  -- Readable, because each delivery is signed with it.
  secret TEXT NOT NULL CHECK (length(secret) >= 24),
  events TEXT NOT NULL CHECK (json_valid(events)),
  createdAt INTEGER NOT NULL,
  removedAt INTEGER
) STRICT;
CREATE UNIQUE INDEX webhookOfTask ON webhook(taskId, url) WHERE removedAt IS NULL;

-- The outbox. Triggers add a message in the transaction of the event that it describes, so that
-- every committed event has a message and a rolled-back event has none.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  -- Receivers recognise a repeated message by this id.
  messageId TEXT NOT NULL UNIQUE DEFAULT ('msg_' || lower(hex(randomblob(16)))),
  webhookId INTEGER NOT NULL REFERENCES webhook(id),
  event TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  createdAt INTEGER NOT NULL,
  dueAt INTEGER NOT NULL,
  endedAt INTEGER,
  status INTEGER,
  failure TEXT,
  CHECK ((state = 'waiting') = (endedAt IS NULL))
) STRICT;
CREATE INDEX deliveryWaiting ON delivery(webhookId, id) WHERE state = 'waiting';
CREATE INDEX deliveryOfWebhook ON delivery(webhookId, id);
CREATE INDEX deliveryDelivered ON delivery(endedAt) WHERE state = 'delivered';
CREATE TRIGGER deliveryKeepsItsContent
  BEFORE UPDATE OF messageId, webhookId, event, payload, createdAt ON delivery
BEGIN
  SELECT RAISE(ABORT, 'the content of a delivery cannot change');
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

CREATE TRIGGER taskCompletionFillsTheOutbox AFTER UPDATE OF completeCount ON task
  WHEN new.completeCount > old.completeCount AND new.completeCount >= new.promptCount
BEGIN
  INSERT INTO delivery (webhookId, event, payload, createdAt, dueAt)
  SELECT webhook.id, 'task.completed', json_object(
      'type', 'task.completed', 'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
      'data', json_object(
        'task', new.slug, 'prompts', new.promptCount, 'judgements', new.judgementCount,
        'round', new.round)),
    CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), 0
  FROM webhook
  WHERE webhook.taskId = new.id AND webhook.removedAt IS NULL
    AND 'task.completed' IN (SELECT value FROM json_each(webhook.events))
  ORDER BY webhook.id;
END;


-- SEARCH ---------------------------------------------------------------------------------------

-- Words of prompts, responses and judgements. The texts never change, so the index keeps no copy of
-- them. It is extended after the writes that add the texts, by the last id of each kind, so that an
-- import does not wait for it.
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


-- MIGRATIONS -----------------------------------------------------------------------------------

-- The names of the migrations that this schema contains, written by GRDB's DatabaseMigrator.
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
