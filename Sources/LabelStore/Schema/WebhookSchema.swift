/// The outbox of webhooks. Triggers fill it in the transaction of what happened: no event that
/// was stored is forgotten, none that was rolled back is told.
let webhookSchema = """
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

  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    -- What receivers tell repetitions by.
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
  """
