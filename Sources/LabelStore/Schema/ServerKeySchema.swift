/// Random keys with which servers of this store sign what they give to browsers.
let serverKeySchema = """
  CREATE TABLE serverKey (
    name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    key BLOB NOT NULL CHECK (length(key) = 32)
  ) STRICT;
  """
