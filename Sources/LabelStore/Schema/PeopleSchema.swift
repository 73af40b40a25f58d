/// Times are milliseconds since 1970; secrets are stored only as hashes.
let peopleSchema = """
  CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    role TEXT NOT NULL CHECK (role IN ('labeller', 'reviewer', 'admin')),
    passwordHash TEXT,
    createdAt INTEGER NOT NULL,
    disabledAt INTEGER
  ) STRICT;

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
  """
