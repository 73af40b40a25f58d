let logSchema = """
  CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    personId INTEGER REFERENCES person(id),
    taskId INTEGER REFERENCES task(id),
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    createdAt INTEGER NOT NULL,
    previousHash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
  ) STRICT;
  CREATE INDEX eventOfTask ON event(taskId, id);
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
  """
