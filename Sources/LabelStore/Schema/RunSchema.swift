let runSchema = """
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
  """
