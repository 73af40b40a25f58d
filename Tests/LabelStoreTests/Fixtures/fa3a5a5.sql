PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('Create the store');
INSERT INTO grdb_migrations VALUES('Let people choose a language');
INSERT INTO grdb_migrations VALUES('Find the rare events quickly');
INSERT INTO grdb_migrations VALUES('Tell webhooks what happens');
INSERT INTO grdb_migrations VALUES('Find texts by their words');
INSERT INTO grdb_migrations VALUES('Give prompts by language, tag and priority, and mix in gold');
INSERT INTO grdb_migrations VALUES('Import in short transactions');
INSERT INTO grdb_migrations VALUES('Decide where labellers disagree');
INSERT INTO grdb_migrations VALUES('Keep answers of a prompt together, and fewer indices');
INSERT INTO grdb_migrations VALUES('Ask less for each judgement');
INSERT INTO grdb_migrations VALUES('Keep keys that sign cookies');
INSERT INTO grdb_migrations VALUES('Seal what the log did not cover');
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
  role TEXT NOT NULL CHECK (role IN ('labeller', 'reviewer', 'admin')),
  passwordHash TEXT,
  createdAt INTEGER NOT NULL,
  disabledAt INTEGER
, language TEXT) STRICT;
INSERT INTO person VALUES(1,'Grace','admin',NULL,1000,NULL,NULL);
INSERT INTO person VALUES(2,'Ana','labeller',NULL,2000,NULL,NULL);
INSERT INTO person VALUES(3,'Ben','labeller',NULL,1796076492057,NULL,NULL);
INSERT INTO person VALUES(4,'Rosa','reviewer',NULL,1796076492345,NULL,NULL);
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  tokenHash TEXT NOT NULL UNIQUE,
  personId INTEGER NOT NULL REFERENCES person(id),
  agent TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL
) STRICT;
CREATE TABLE invitation (
  id INTEGER PRIMARY KEY,
  tokenHash TEXT NOT NULL UNIQUE,
  personId INTEGER NOT NULL REFERENCES person(id),
  createdAt INTEGER NOT NULL,
  expiresAt INTEGER NOT NULL,
  usedAt INTEGER
) STRICT;
INSERT INTO invitation VALUES(1,'7ed1ef8c16520289029b5dcdbb37a3347d66c02204a8f04824b94ab30aa7d64d',3,1796076492076,1796681292076,NULL);
INSERT INTO invitation VALUES(2,'744e784556e054eac7eda932b58c1c0db3f18766932828443c818413cdfd41c2',4,1796076492364,1796681292364,NULL);
CREATE TABLE apiToken (
  id INTEGER PRIMARY KEY,
  tokenHash TEXT NOT NULL UNIQUE,
  personId INTEGER NOT NULL REFERENCES person(id),
  name TEXT NOT NULL,
  createdAt INTEGER NOT NULL,
  revokedAt INTEGER
) STRICT;
INSERT INTO apiToken VALUES(1,'f3aba51013ee7ab1418f8000066b9781074f8acbc366a5a6b6ffdb390e65307d',1,'command line',1796076491793,NULL);
INSERT INTO apiToken VALUES(2,'77f34d1286abe030a5451777b88b40449a27fc663616dfa75fb740d33565ea95',2,'command line',1796076491945,NULL);
INSERT INTO apiToken VALUES(3,'9a2d9aecd2eaaedaeed703ddefe4b5b6712b6032b520281df74ecee8216f7b47',3,'command line',1796076492201,NULL);
INSERT INTO apiToken VALUES(4,'1ac12d0e0efb8e59beea19a5ec42119292ede2778e4d53b0ccbff6bcc2d64478',4,'command line',1796076492493,NULL);
CREATE TABLE task (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  definition TEXT NOT NULL CHECK (json_valid(definition)),
  guidelines TEXT NOT NULL,
  seed INTEGER NOT NULL,
  overlap INTEGER NOT NULL CHECK (overlap BETWEEN 1 AND 100),
  round INTEGER NOT NULL DEFAULT 1 CHECK (round >= 1),
  promptCount INTEGER NOT NULL DEFAULT 0,
  answeredCount INTEGER NOT NULL DEFAULT 0,
  completeCount INTEGER NOT NULL DEFAULT 0,
  judgementCount INTEGER NOT NULL DEFAULT 0,
  lastPosition INTEGER NOT NULL DEFAULT 0,
  openings INTEGER NOT NULL DEFAULT 0,
  createdAt INTEGER NOT NULL,
  archivedAt INTEGER
) STRICT;
INSERT INTO task VALUES(1,'early','{"order":"random","slug":"early","questions":{"ranking":{}}}','Best first.',1,1,1,2,2,1,1,2,2,3000,1796076494375);
INSERT INTO task VALUES(2,'helpfulness','{"gold":{"rate":0.5},"lease":"1800s","order":"fewest","overlap":2,"questions":{"flags":{"values":["unhelpful","fabricated"]},"ranking":{"partial":false,"required":true,"ties":true},"rating":{"required":false,"scale":5},"rationale":{"required":false}},"responses":4,"slug":"helpfulness","title":{"en":"Helpful answers"}}','Best first.',6856772223772741,2,1,7,6,2,8,8,8,1796076491497,NULL);
CREATE TABLE prompt (
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
  wanted INTEGER NOT NULL CHECK (wanted BETWEEN 1 AND 100),
  responseCount INTEGER NOT NULL DEFAULT 0 CHECK (responseCount BETWEEN 0 AND 9),
  taken INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0),
  judged INTEGER NOT NULL DEFAULT 0 CHECK (judged BETWEEN 0 AND taken),
  createdAt INTEGER NOT NULL, isGold INTEGER NOT NULL DEFAULT 0 CHECK (isGold IN (0, 1)), routeId INTEGER REFERENCES route(id), disagreement REAL NOT NULL DEFAULT 0, uncertainty REAL NOT NULL DEFAULT 0, isShuffled INTEGER NOT NULL DEFAULT 0 CHECK (isShuffled IN (0, 1)),
  UNIQUE (taskId, name),
  UNIQUE (taskId, contentHash, round),
  UNIQUE (taskId, position)
) STRICT;
INSERT INTO prompt VALUES(1,1,'p1',1,NULL,'[{"content":"Question 1?","role":"user"}]','{"language":"en"}',X'31','g',1,1,1,2,1,1,4000,0,1,0.0,0.0,1);
INSERT INTO prompt VALUES(2,1,'p2',1,NULL,'[{"content":"Question 2?","role":"user"}]','{"language":"en"}',X'32','g',2,2,1,2,0,0,4000,0,1,0.0,0.0,1);
INSERT INTO prompt VALUES(3,2,'q1',1,NULL,'[{"content":"Question 1?","role":"user"}]','{"language":"en","tags":["code"]}',X'afdd46309f6580d5818c671fca91978891a0d3149ec920c290159096c1a2ec5c','43837a374b2ed49902e1755e2d62adbec4164854292bbfcb9047ebdceab52cb5',1,3570975226436279,2,2,2,2,1796076491656,0,2,0.0,0.0,0);
INSERT INTO prompt VALUES(4,2,'q2',1,NULL,'[{"content":"Question 2?","role":"user"}]','{}',X'198bc41e3a2beb22cfe2292ed1db1ba3af4c384136b660acb49690c9d0bb5f18','c5b061a17640eeb3448ebd7686c32b3ca5475f72a9e5b10397276ede337bf6ff',2,5329302343032155,2,2,2,2,1796076491656,0,NULL,0.0,0.0,0);
INSERT INTO prompt VALUES(5,2,'q3',1,NULL,'[{"content":"Question 3?","role":"user"}]','{"language":"en","tags":["code"]}',X'3dcecd2c894ea296bb277806affa787549b5febdebff2bfb27c54f9f9046f9c1','90b292b2ae899d0e5786ae4857ccf8e24303f27c4d9a60b3b0f502a4e2003cc4',3,5778318617022188,2,2,1,1,1796076491656,0,2,0.0,0.0,0);
INSERT INTO prompt VALUES(6,2,'q4',1,NULL,'[{"content":"Question 4?","role":"user"}]','{}',X'67b906c7faa222c0b39e69ea475d5df2836eab18a0dfbb020fcc45393598c369','d70cfe77fd77715a87a9a4ea1b381d7b2f1a75ad2cca82e026bf29dc00bfd0b8',4,6753262714059268,2,2,1,1,1796076491656,0,NULL,0.0,0.0,0);
INSERT INTO prompt VALUES(7,2,'q5',1,NULL,'[{"content":"Question 5?","role":"user"}]','{"language":"en","tags":["code"]}',X'978d9ab3afed1a62f2cca73bab97154ed66217c1997c403c16985cc57c2bdf39','f8fdee15059e8ffb6b5f4a5f434b513bc538d6c06301e6e4e417afb1e00c00c8',5,5332122171840063,2,2,1,1,1796076491656,0,2,0.0,0.0,0);
INSERT INTO prompt VALUES(8,2,'q6',1,NULL,'[{"content":"Question 6?","role":"user"}]','{}',X'fe2b00570968d09f2dfe6b2a3d0c237905ac190b868c8a2d72e7d6fdc88ac00d','c19e1702fea32dca7d3f113493f38c070985e5d79d66fd342f6d3e3d2f9430ac',6,7250903711900154,2,2,2,1,1796076491656,0,NULL,0.0,0.0,0);
INSERT INTO prompt VALUES(9,2,'gold',1,NULL,'[{"content":"Which?","role":"user"}]','{"gold":{"ranking":[[1],[2]]}}',X'b65c04b780139597098e9ba6c641649c69ec9f46236e3b9305ba59f8eb786cee','9a918da59e46180905ea938e355728493bd9e8a60ef39ca7f5eb1de1f897f938',7,8709667692712729,2,2,1,1,1796076491656,1,NULL,0.0,0.0,0);
INSERT INTO prompt VALUES(10,2,'open',1,NULL,'[{"content":"Unanswered?","role":"user"}]','{}',X'53fd6edefcb2df31a4f8b71acb6b5f0d04809a3a6374a59fa70bb652c271583a','997b3a4a3669dc7930b9dbfc5bf7037b753252fcf320c2cc2da3285dcd14b237',8,8563818966292039,2,0,0,0,1796076491656,0,NULL,0.0,0.0,0);
CREATE TABLE participant (
  taskId INTEGER NOT NULL REFERENCES task(id),
  personId INTEGER NOT NULL REFERENCES person(id),
  pseudonym TEXT NOT NULL,
  -- The task's `openings` when nothing was left for this labeller.
  exhaustedAt INTEGER NOT NULL DEFAULT -1, claims INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (taskId, personId),
  UNIQUE (taskId, pseudonym)
) STRICT, WITHOUT ROWID;
INSERT INTO participant VALUES(1,2,'labeller-1',-1,0);
INSERT INTO participant VALUES(2,2,'labeller-1',-1,7);
INSERT INTO participant VALUES(2,3,'labeller-2',-1,6);
CREATE TABLE claimCursor (
  taskId INTEGER NOT NULL,
  personId INTEGER NOT NULL,
  level INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (taskId, personId, level),
  FOREIGN KEY (taskId, personId) REFERENCES participant(taskId, personId)
) STRICT, WITHOUT ROWID;
INSERT INTO claimCursor VALUES(2,2,-1,8709667692712729);
INSERT INTO claimCursor VALUES(2,2,0,1);
INSERT INTO claimCursor VALUES(2,2,1,6);
INSERT INTO claimCursor VALUES(2,3,-1,8709667692712729);
INSERT INTO claimCursor VALUES(2,3,0,5);
INSERT INTO claimCursor VALUES(2,3,1,1);
INSERT INTO claimCursor VALUES(2,3,256,5);
INSERT INTO claimCursor VALUES(2,3,257,1);
CREATE TABLE draft (
  assignmentId INTEGER PRIMARY KEY REFERENCES assignment(id),
  body TEXT NOT NULL CHECK (json_valid(body)),
  savedAt INTEGER NOT NULL
, labellerId INTEGER REFERENCES person(id)) STRICT;
INSERT INTO draft VALUES(14,'{"ranking":[["A"]]}',1796076493768,2);
CREATE TABLE judgement (
  id INTEGER PRIMARY KEY,
  assignmentId INTEGER NOT NULL REFERENCES assignment(id),
  labellerId INTEGER NOT NULL REFERENCES person(id),
  revision INTEGER NOT NULL CHECK (revision >= 1),
  body TEXT NOT NULL CHECK (json_valid(body)),
  createdAt INTEGER NOT NULL,
  UNIQUE (assignmentId, revision)
) STRICT;
INSERT INTO judgement VALUES(1,1,2,1,'{"ranking":[["a1"],["a2"]]}',7000);
INSERT INTO judgement VALUES(2,2,2,1,'{"ranking":[["gold-r2"],["gold-r1"]],"rationale":"Ana says so"}',1796076493576);
INSERT INTO judgement VALUES(3,2,2,2,'{"ranking":[["gold-r1","gold-r2"]]}',1796076493600);
INSERT INTO judgement VALUES(4,3,2,1,'{"ranking":[["q1-r1"],["q1-r2"]],"rationale":"Ana says so"}',1796076493637);
INSERT INTO judgement VALUES(5,4,2,1,'{"ranking":[["q2-r2"],["q2-r1"]],"rationale":"Ana says so"}',1796076493674);
INSERT INTO judgement VALUES(6,5,2,1,'{"ranking":[["q3-r1"],["q3-r2"]],"rationale":"Ana says so"}',1796076493701);
INSERT INTO judgement VALUES(7,6,2,1,'{"ranking":[["q4-r1"],["q4-r2"]],"rationale":"Ana says so"}',1796076493716);
INSERT INTO judgement VALUES(8,8,3,1,'{"ranking":[["gold-r2"],["gold-r1"]],"rationale":"Ben says so"}',1796076493729);
INSERT INTO judgement VALUES(9,8,3,2,'{"ranking":[["gold-r1","gold-r2"]]}',1796076493732);
INSERT INTO judgement VALUES(10,9,3,1,'{"ranking":[["q5-r1"],["q5-r2"]],"rationale":"Ben says so"}',1796076493738);
INSERT INTO judgement VALUES(11,10,3,1,'{"ranking":[["q6-r1"],["q6-r2"]],"rationale":"Ben says so"}',1796076493744);
INSERT INTO judgement VALUES(12,11,3,1,'{"ranking":[["q1-r1"],["q1-r2"]],"rationale":"Ben says so"}',1796076493750);
INSERT INTO judgement VALUES(13,12,3,1,'{"ranking":[["q2-r2"],["q2-r1"]],"rationale":"Ben says so"}',1796076493756);
CREATE TABLE skip (
  id INTEGER PRIMARY KEY,
  assignmentId INTEGER NOT NULL UNIQUE REFERENCES assignment(id),
  reason TEXT NOT NULL,
  createdAt INTEGER NOT NULL
) STRICT;
INSERT INTO skip VALUES(1,7,'unclear',1796076493722);
INSERT INTO skip VALUES(2,13,'unclear',1796076493762);
CREATE TABLE retraction (
  id INTEGER PRIMARY KEY,
  assignmentId INTEGER NOT NULL UNIQUE REFERENCES assignment(id),
  personId INTEGER NOT NULL REFERENCES person(id),
  reason TEXT NOT NULL,
  createdAt INTEGER NOT NULL
, note TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO retraction VALUES(1,2,1,'careless',1796076493800,'too fast');
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
CREATE TABLE export (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  format TEXT NOT NULL,
  path TEXT NOT NULL,
  manifest TEXT NOT NULL CHECK (json_valid(manifest)),
  createdAt INTEGER NOT NULL
) STRICT;
INSERT INTO export VALUES(1,2,'rankings','/srv/labels/exports/helpfulness-1.rankings.jsonl','{"adjudicated":{"prompts":1,"replaced":2},"bytes":3913,"counts":{"comparisons":7,"judgements":7,"prompts":6,"rows":7,"ties":0},"created_at":"2026-11-30T22:08:14.164Z","event_log_head":"268988990ddb58f6055c6f0d4a234bd9967a1e16dc2dd290812df0467db09ee3","file":"helpfulness-1.rankings.jsonl","filter":{"adjudications":"prefer","validation_share":"0.15"},"format":"rankings","plumbline":"0.1.0","retracted":{"careless":1},"sha256":"c02b3913f24d8e349ab38c9afa11bc648c7528da6aa2596ddb8098664d3e0bf5","skipped":{},"splits":{"train":{"comparisons":5,"judgements":5,"prompts":4,"rows":5,"ties":0},"validation":{"comparisons":2,"judgements":2,"prompts":2,"rows":2,"ties":0}},"task":"helpfulness","version":1}',1796076494164);
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
INSERT INTO webhook VALUES(1,2,'http://127.0.0.1:9/hook','whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=','["judgement.submitted","task.completed"]',1796076493522,NULL);
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
INSERT INTO delivery VALUES(1,'msg_2dc63fd490373bb47f65911fce0a98b2',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.576Z","data":{"task":"helpfulness","event":11,"labeller":"labeller-1","prompt":"gold","details":{"assignment":2,"lease":"97d61647fcb4292dc0b3a6451dfcaced86e644fccb10492657413f8bb9b17df9","revision":1,"sha256":"06e70bc4a26d664d6759f28646e1e05ce11a862df3d44ac094d002d93af5a0ed"}}}','waiting',0,1796076493576,1796076493576,NULL,NULL,NULL);
INSERT INTO delivery VALUES(2,'msg_eb1767afb6263821375bbec0ef783496',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.637Z","data":{"task":"helpfulness","event":13,"labeller":"labeller-1","prompt":"q1","details":{"assignment":3,"lease":"1fc7dcbffb89ae95f2c1210e5ad00ec1f17421e31cab8fdb92a54825befc0b5d","revision":1,"sha256":"7d12560020b0428f69ea8cc7b084aae22ee6adafb3d0227d7db9e72905a7eb8e"}}}','waiting',0,1796076493637,1796076493637,NULL,NULL,NULL);
INSERT INTO delivery VALUES(3,'msg_6ecf22c45a45609a203cd41749778f99',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.674Z","data":{"task":"helpfulness","event":14,"labeller":"labeller-1","prompt":"q2","details":{"assignment":4,"lease":"9cbe90337c73859be89ba76565eee0624241234a8fb6416e8fbfa3a8700ab7e6","revision":1,"sha256":"34e8450807a033d420718fcfff373487dd7139a4d71c96fa0c4208b71fc6311b"}}}','waiting',0,1796076493674,1796076493674,NULL,NULL,NULL);
INSERT INTO delivery VALUES(4,'msg_a2b5aa0a385edd03a3e3483a59cb1eef',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.701Z","data":{"task":"helpfulness","event":15,"labeller":"labeller-1","prompt":"q3","details":{"assignment":5,"lease":"5beb75dbed320e0b76b4c85ca960155e0b4f7e0a753f168200e8e7c70022b89f","revision":1,"sha256":"3fd7fc69aae3cb2cc92f5c6ba59d4e24280c7087dafd2c3f523b7607f2183afe"}}}','waiting',0,1796076493701,1796076493701,NULL,NULL,NULL);
INSERT INTO delivery VALUES(5,'msg_0795dc179cd2fee995c6f632216b0029',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.716Z","data":{"task":"helpfulness","event":16,"labeller":"labeller-1","prompt":"q4","details":{"assignment":6,"lease":"d69aa0e2625bd5d4f587d004caacb605200d2e1f48e178915660cf9500d54df4","revision":1,"sha256":"f3dfc3f1f55ce0a718b06f0693496bf9bad876ec111b688d31a5e16c617faaf5"}}}','waiting',0,1796076493716,1796076493716,NULL,NULL,NULL);
INSERT INTO delivery VALUES(6,'msg_834a688e733f416cbefcf8272dde0ef6',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.729Z","data":{"task":"helpfulness","event":19,"labeller":"labeller-2","prompt":"gold","details":{"assignment":8,"lease":"2c76c1f3acc45f45a60151bef441920def1aa3371ba6e6bf06477f10bfbc2f14","revision":1,"sha256":"ca8960f4219d3e4c36ba78b9001fd5a56b5b6634d80d771c75008fbb00a1ec46"}}}','waiting',0,1796076493729,1796076493729,NULL,NULL,NULL);
INSERT INTO delivery VALUES(7,'msg_aeac330773eb5f948445e6c598943094',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.738Z","data":{"task":"helpfulness","event":21,"labeller":"labeller-2","prompt":"q5","details":{"assignment":9,"lease":"8a442a2d25c7298512dd3dd7042ba87e31a3b4330cba61cef43a9d6758b6eccd","revision":1,"sha256":"bafa574937a473669cb3b9356e421c0d3dacc8490868de305c8273196e154ccc"}}}','waiting',0,1796076493738,1796076493738,NULL,NULL,NULL);
INSERT INTO delivery VALUES(8,'msg_dac6574ff1d39fecfff7dbbe8c849538',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.744Z","data":{"task":"helpfulness","event":22,"labeller":"labeller-2","prompt":"q6","details":{"assignment":10,"lease":"8ca90beea9d3dfba251d463a55bb5fc17484fc7a9af575cf4a50595b1d370d5c","revision":1,"sha256":"add9e96784af6fd080a9596759d939871187f84dfd106ee662d019f3ff3584c5"}}}','waiting',0,1796076493744,1796076493744,NULL,NULL,NULL);
INSERT INTO delivery VALUES(9,'msg_0ef5726e0cf3ec096cdf2925aae01359',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.750Z","data":{"task":"helpfulness","event":23,"labeller":"labeller-2","prompt":"q1","details":{"assignment":11,"lease":"72e5071ec2519aeea4964fe27c77f00c3964de6823aa82be8b02d8a3d9dd0c74","revision":1,"sha256":"7959210ec804c90355813c5970108b696a0ac39549138cbc1251b7e6cfd408db"}}}','waiting',0,1796076493750,1796076493750,NULL,NULL,NULL);
INSERT INTO delivery VALUES(10,'msg_ebb5eb0976d0e17f9d1edfb5d6b67549',1,'judgement.submitted','{"type":"judgement.submitted","timestamp":"2026-11-30T22:08:13.756Z","data":{"task":"helpfulness","event":24,"labeller":"labeller-2","prompt":"q2","details":{"assignment":12,"lease":"c72d4f1e31caf06bbe64e2b7a60b68849b1380b44e05d6fa24bfa012d8cf0a88","revision":1,"sha256":"d46ffa8b1f26b0a78aefb0e7fc33861770175022dac5ff7d510e8d3c81e59311"}}}','waiting',0,1796076493756,1796076493756,NULL,NULL,NULL);
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','promptWords','promptWords',0,'CREATE VIRTUAL TABLE promptWords USING fts5(
  task, text, content='''', tokenize="unicode61 remove_diacritics 2")');
CREATE TABLE IF NOT EXISTS 'promptWords_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO promptWords_data VALUES(1,X'0a0a12');
INSERT INTO promptWords_data VALUES(10,X'000000000101010001010101');
INSERT INTO promptWords_data VALUES(137438953473,X'000000b20230310106010103020601010301013202060101030206010103010133050601010301013406060101030101350706010103010136080601010301087175657374696f6e0106010102010601010201060101020106010102010601010201060101020106010102010601010201027431010202010202020132030202010202010202010202010202010202010202010202010a756e616e7377657265640a06010102010577686963680906010102040d0d08080808320a1b11');
CREATE TABLE IF NOT EXISTS 'promptWords_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO promptWords_idx VALUES(1,X'',2);
CREATE TABLE IF NOT EXISTS 'promptWords_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO promptWords_docsize VALUES(1,X'0102');
INSERT INTO promptWords_docsize VALUES(2,X'0102');
INSERT INTO promptWords_docsize VALUES(3,X'0102');
INSERT INTO promptWords_docsize VALUES(4,X'0102');
INSERT INTO promptWords_docsize VALUES(5,X'0102');
INSERT INTO promptWords_docsize VALUES(6,X'0102');
INSERT INTO promptWords_docsize VALUES(7,X'0102');
INSERT INTO promptWords_docsize VALUES(8,X'0102');
INSERT INTO promptWords_docsize VALUES(9,X'0101');
INSERT INTO promptWords_docsize VALUES(10,X'0101');
CREATE TABLE IF NOT EXISTS 'promptWords_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO promptWords_config VALUES('version',4);
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','answerWords','answerWords',0,'CREATE VIRTUAL TABLE answerWords USING fts5(
  task, text, content='''', tokenize="unicode61 remove_diacritics 2")');
CREATE TABLE IF NOT EXISTS 'answerWords_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO answerWords_data VALUES(1,X'121236');
INSERT INTO answerWords_data VALUES(10,X'000000000101010001010101');
INSERT INTO answerWords_data VALUES(137438953473,X'0000018e02303131080101030401060101050f06010103100601010310060101031006010103100601010301013232060101030f06010105010801010304100601010310060101031006010103100601010301013351060101050106010105010134610601010501060101050101357106010105010601010501013681010601010501060101050106616e73776572310601010201060101020f0601010201060101020f0601010201060101020f0601010201060101020f0601010201060101020f0601010201060101020106626164676572120601010201056865726f6e210601010201066d617274656e220601010201026e6f81120601010201056f747465721106010102010274311102020102020f02020102020201323102020102020f02020102020f02020102020f02020102020f02020102020f02020102020f020201020202016f310601010401060101040f0601010401060101040f0601010401060101040f0601010401060101040f0601010401060101040f06010104010601010401037965738111060101020427270d0d0d0e440d0c0d0a0c102d3f');
CREATE TABLE IF NOT EXISTS 'answerWords_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO answerWords_idx VALUES(1,X'',2);
CREATE TABLE IF NOT EXISTS 'answerWords_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
INSERT INTO answerWords_docsize VALUES(17,X'0101');
INSERT INTO answerWords_docsize VALUES(18,X'0101');
INSERT INTO answerWords_docsize VALUES(33,X'0101');
INSERT INTO answerWords_docsize VALUES(34,X'0101');
INSERT INTO answerWords_docsize VALUES(49,X'0104');
INSERT INTO answerWords_docsize VALUES(50,X'0104');
INSERT INTO answerWords_docsize VALUES(65,X'0104');
INSERT INTO answerWords_docsize VALUES(66,X'0104');
INSERT INTO answerWords_docsize VALUES(81,X'0104');
INSERT INTO answerWords_docsize VALUES(82,X'0104');
INSERT INTO answerWords_docsize VALUES(97,X'0104');
INSERT INTO answerWords_docsize VALUES(98,X'0104');
INSERT INTO answerWords_docsize VALUES(113,X'0104');
INSERT INTO answerWords_docsize VALUES(114,X'0104');
INSERT INTO answerWords_docsize VALUES(129,X'0104');
INSERT INTO answerWords_docsize VALUES(130,X'0104');
INSERT INTO answerWords_docsize VALUES(145,X'0101');
INSERT INTO answerWords_docsize VALUES(146,X'0101');
CREATE TABLE IF NOT EXISTS 'answerWords_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO answerWords_config VALUES('version',4);
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','judgementWords','judgementWords',0,'CREATE VIRTUAL TABLE judgementWords USING fts5(
  task, text, content='''', tokenize="unicode61 remove_diacritics 2")');
CREATE TABLE IF NOT EXISTS 'judgementWords_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO judgementWords_data VALUES(1,X'');
INSERT INTO judgementWords_data VALUES(10,X'00000000000000');
CREATE TABLE IF NOT EXISTS 'judgementWords_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS 'judgementWords_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE IF NOT EXISTS 'judgementWords_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO judgementWords_config VALUES('version',4);
CREATE TABLE searchProgress (
  kind TEXT PRIMARY KEY NOT NULL CHECK (kind IN ('prompt', 'answer', 'judgement')),
  lastId INTEGER NOT NULL
) STRICT;
INSERT INTO searchProgress VALUES('prompt',10);
INSERT INTO searchProgress VALUES('answer',146);
INSERT INTO searchProgress VALUES('judgement',1);
CREATE TABLE route (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  language TEXT NOT NULL,
  tags TEXT NOT NULL CHECK (json_valid(tags)),
  UNIQUE (taskId, language, tags)
) STRICT;
INSERT INTO route VALUES(1,1,'en','[]');
INSERT INTO route VALUES(2,2,'en','["code"]');
CREATE TABLE specialty (
  personId INTEGER PRIMARY KEY REFERENCES person(id),
  -- Null: all.
  languages TEXT CHECK (languages IS NULL OR json_valid(languages)),
  tags TEXT CHECK (tags IS NULL OR json_valid(tags))
) STRICT;
INSERT INTO specialty VALUES(3,'["en"]',NULL);
CREATE TABLE gold (
  promptId INTEGER PRIMARY KEY REFERENCES prompt(id),
  judgement TEXT NOT NULL CHECK (json_valid(judgement)),
  createdAt INTEGER NOT NULL
) STRICT;
INSERT INTO gold VALUES(9,'{"ranking":[["gold-r1"],["gold-r2"]]}',1796076491656);
CREATE TABLE promptImport (
  id INTEGER PRIMARY KEY,
  taskId INTEGER NOT NULL REFERENCES task(id),
  personId INTEGER REFERENCES person(id),
  journal TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  rowCount INTEGER NOT NULL CHECK (rowCount > 0),
  rejectedCount INTEGER NOT NULL CHECK (rejectedCount >= 0),
  storedCount INTEGER NOT NULL DEFAULT 0 CHECK (storedCount >= 0),
  passedOverCount INTEGER NOT NULL DEFAULT 0 CHECK (passedOverCount >= 0),
  createdAt INTEGER NOT NULL,
  finishedAt INTEGER,
  CHECK (storedCount + passedOverCount <= rowCount)
) STRICT;
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
INSERT INTO adjudication VALUES(1,4,4,1,'["q2-r2","q2-r1"]',8059749439667233,'{"ranking":[["q2-r2"],["q2-r1"]],"rationale":"As it is."}',1796076493792);
CREATE TABLE disagreement (
  promptId INTEGER PRIMARY KEY REFERENCES prompt(id),
  taskId INTEGER NOT NULL REFERENCES task(id),
  value REAL NOT NULL CHECK (value BETWEEN 0 AND 1),
  judgements INTEGER NOT NULL CHECK (judgements >= 2),
  isDecided INTEGER NOT NULL DEFAULT 0 CHECK (isDecided IN (0, 1))
) STRICT;
INSERT INTO disagreement VALUES(3,2,0.0,2,0);
INSERT INTO disagreement VALUES(4,2,0.0,2,1);
CREATE TABLE IF NOT EXISTS "response" (id INTEGER PRIMARY KEY CHECK (id = promptId << 4 | position),
promptId INTEGER NOT NULL REFERENCES prompt(id),
name TEXT NOT NULL CHECK (length(name) > 0),
position INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
-- Bytes of UTF-8: as TEXT, SQLite's interfaces would cut it at a NUL character.
text BLOB NOT NULL,
source TEXT,
createdAt INTEGER NOT NULL,
UNIQUE (promptId, name)) STRICT;
INSERT INTO response VALUES(17,1,'a1',1,X'6f74746572',NULL,5000);
INSERT INTO response VALUES(18,1,'a2',2,X'626164676572',NULL,5000);
INSERT INTO response VALUES(33,2,'b1',1,X'6865726f6e',NULL,5000);
INSERT INTO response VALUES(34,2,'b2',2,X'6d617274656e',NULL,5000);
INSERT INTO response VALUES(49,3,'q1-r1',1,X'416e73776572203120746f2031','policy-1',1796076491656);
INSERT INTO response VALUES(50,3,'q1-r2',2,X'416e73776572203220746f2031','policy-2',1796076491656);
INSERT INTO response VALUES(65,4,'q2-r1',1,X'416e73776572203120746f2032','policy-1',1796076491656);
INSERT INTO response VALUES(66,4,'q2-r2',2,X'416e73776572203220746f2032','policy-2',1796076491656);
INSERT INTO response VALUES(81,5,'q3-r1',1,X'416e73776572203120746f2033','policy-1',1796076491656);
INSERT INTO response VALUES(82,5,'q3-r2',2,X'416e73776572203220746f2033','policy-2',1796076491656);
INSERT INTO response VALUES(97,6,'q4-r1',1,X'416e73776572203120746f2034','policy-1',1796076491656);
INSERT INTO response VALUES(98,6,'q4-r2',2,X'416e73776572203220746f2034','policy-2',1796076491656);
INSERT INTO response VALUES(113,7,'q5-r1',1,X'416e73776572203120746f2035','policy-1',1796076491656);
INSERT INTO response VALUES(114,7,'q5-r2',2,X'416e73776572203220746f2035','policy-2',1796076491656);
INSERT INTO response VALUES(129,8,'q6-r1',1,X'416e73776572203120746f2036','policy-1',1796076491656);
INSERT INTO response VALUES(130,8,'q6-r2',2,X'416e73776572203220746f2036','policy-2',1796076491656);
INSERT INTO response VALUES(145,9,'gold-r1',1,X'796573',NULL,1796076491656);
INSERT INTO response VALUES(146,9,'gold-r2',2,X'6e6f',NULL,1796076491656);
CREATE TABLE IF NOT EXISTS "event" (id INTEGER PRIMARY KEY,
kind TEXT NOT NULL,
personId INTEGER REFERENCES person(id),
taskId INTEGER REFERENCES task(id),
payload TEXT NOT NULL CHECK (json_valid(payload)),
createdAt INTEGER NOT NULL,
previousHash TEXT NOT NULL,
hash TEXT NOT NULL CHECK (length(hash) = 64)) STRICT;
INSERT INTO event VALUES(1,'judgementSubmitted',2,1,'{"assignment":1,"revision":1,"sha256":"214ef78059460d78e22a2a657af303504aeb767cc60252fe6bb43508024038be"}',7000,'','17cacf19d0455e29275666c6055a95be18e8f5a15d7bcad2e4c5c50632bc66a8');
INSERT INTO event VALUES(2,'baselineRecorded',NULL,NULL,'{"gold":[],"people":[[1,"Grace","admin",1000,null],[2,"Ana","labeller",2000,null]],"pseudonyms":[[1,2,"labeller-1"]],"sealed":{"first":1,"last":2,"sha256":"19427e4fd7e88c1055b4ba1738588f8f6ccc1f3af1868cfc39d74268bb204688"},"specialties":[],"tables":{"judgement":{"last":1,"sha256":"32a36a8c82b192b4d223ad0a87d179153e889efb9badc63d3a79578e7356a508"}},"tasks":[[1,"f18dc57f71c439bf78c4c835b5c577409df35f641dd1182f3134c50968cf9014","6b81dd95d5a24ecbf263161d667297edc4ca19a508a36109c6c19eecd26c6fbd","8965e0b43e931be7c82fa799127fe22179d70e4e9e03a50b510013db9a86e6d0",1,null]]}',1796076491256,'17cacf19d0455e29275666c6055a95be18e8f5a15d7bcad2e4c5c50632bc66a8','2fa923b42bab13e1b4dcd8fc2993e855b7243dff24ad62b3db68989b6889fb6c');
INSERT INTO event VALUES(3,'taskSaved',NULL,2,'{"definition":{"gold":{"rate":0.5},"lease":"1800s","order":"fewest","overlap":2,"questions":{"flags":{"values":["unhelpful","fabricated"]},"ranking":{"partial":false,"required":true,"ties":true},"rating":{"required":false,"scale":5},"rationale":{"required":false}},"responses":4,"slug":"helpfulness","title":{"en":"Helpful answers"}},"guidelines":"Best first.","origin":"65f53bb35785f19459286c9f168890975c4d0b13052b72dcc36443ce1c55a812"}',1796076491497,'2fa923b42bab13e1b4dcd8fc2993e855b7243dff24ad62b3db68989b6889fb6c','e74b69f22e9fec1a6a701c7183e02d009a0bab63a9275ef8a5736d25b3e04172');
INSERT INTO event VALUES(4,'goldMarked',NULL,2,'{"judgement":{"ranking":[["gold-r1"],["gold-r2"]]},"prompt":9}',1796076491656,'e74b69f22e9fec1a6a701c7183e02d009a0bab63a9275ef8a5736d25b3e04172','215d4439fa126fe5e2c740b115306bb767b5771969b4ff4776ee168dadc05281');
INSERT INTO event VALUES(5,'promptsImported',NULL,2,'{"accepted":8,"rejected":0,"sealed":{"first":3,"last":10,"sha256":"607824ca6933e4ddb33edd8bcf8c8012dc603e7ab6e82460b574deefb98898be"},"source":"/srv/labels/p.jsonl"}',1796076491656,'215d4439fa126fe5e2c740b115306bb767b5771969b4ff4776ee168dadc05281','c54c763362fafba0bfe451876d8a7188a7e05d82fa31a2bcd7c41ef35dd27334');
INSERT INTO event VALUES(6,'personAdded',NULL,NULL,'{"id":3,"name":"Ben","role":"labeller"}',1796076492057,'c54c763362fafba0bfe451876d8a7188a7e05d82fa31a2bcd7c41ef35dd27334','18c27b9f020dcf64452a728c6857c2aa045026f78cada595a3f765357b3e6738');
INSERT INTO event VALUES(7,'personAdded',NULL,NULL,'{"id":4,"name":"Rosa","role":"reviewer"}',1796076492345,'18c27b9f020dcf64452a728c6857c2aa045026f78cada595a3f765357b3e6738','a816ddcc6f82f06603b45cc760c540eb96f499327742be33ebb2343fce137cf2');
INSERT INTO event VALUES(8,'personChanged',NULL,NULL,'{"change":"specialty","id":3,"languages":["en"],"tags":null}',1796076492701,'a816ddcc6f82f06603b45cc760c540eb96f499327742be33ebb2343fce137cf2','c5e521f06abb9a1387bdef184f3b046b40a32d4f49e51b20587786982e00f0d4');
INSERT INTO event VALUES(9,'webhookAdded',1,2,'{"events":["judgement.submitted","task.completed"],"url":"http://127.0.0.1:9/hook"}',1796076493522,'c5e521f06abb9a1387bdef184f3b046b40a32d4f49e51b20587786982e00f0d4','c57804c40838e598aa4f40ca5e49e22f7e8c5b23451363b4112fa985e62b382a');
INSERT INTO event VALUES(10,'labellerJoined',2,2,'{"pseudonym":"labeller-1"}',1796076493548,'c57804c40838e598aa4f40ca5e49e22f7e8c5b23451363b4112fa985e62b382a','b0996a2a4bbf4a307e70d85cf70f522b86bbb9f61c9cd44fee0bfa709ec798bd');
INSERT INTO event VALUES(11,'judgementSubmitted',2,2,'{"assignment":2,"lease":"97d61647fcb4292dc0b3a6451dfcaced86e644fccb10492657413f8bb9b17df9","revision":1,"sha256":"06e70bc4a26d664d6759f28646e1e05ce11a862df3d44ac094d002d93af5a0ed"}',1796076493576,'b0996a2a4bbf4a307e70d85cf70f522b86bbb9f61c9cd44fee0bfa709ec798bd','901152c15f4708c1c186f7657333b94a780c88ab345f53a868d01cc116c83c3f');
INSERT INTO event VALUES(12,'judgementRevised',2,2,'{"assignment":2,"lease":"97d61647fcb4292dc0b3a6451dfcaced86e644fccb10492657413f8bb9b17df9","revision":2,"sha256":"9204d05c57ec53d71129a97180fda9364088956740a569de4f1b3c8804c4b466"}',1796076493600,'901152c15f4708c1c186f7657333b94a780c88ab345f53a868d01cc116c83c3f','0612559c7ef46ae5fcc33b5ae4048c7e3a16873176e2b411e6b6ab6894c216e0');
INSERT INTO event VALUES(13,'judgementSubmitted',2,2,'{"assignment":3,"lease":"1fc7dcbffb89ae95f2c1210e5ad00ec1f17421e31cab8fdb92a54825befc0b5d","revision":1,"sha256":"7d12560020b0428f69ea8cc7b084aae22ee6adafb3d0227d7db9e72905a7eb8e"}',1796076493637,'0612559c7ef46ae5fcc33b5ae4048c7e3a16873176e2b411e6b6ab6894c216e0','e5b3178c750cfd9ee4d590039871b2be0b3ff4d3d770967b98ef65885fc3ec71');
INSERT INTO event VALUES(14,'judgementSubmitted',2,2,'{"assignment":4,"lease":"9cbe90337c73859be89ba76565eee0624241234a8fb6416e8fbfa3a8700ab7e6","revision":1,"sha256":"34e8450807a033d420718fcfff373487dd7139a4d71c96fa0c4208b71fc6311b"}',1796076493674,'e5b3178c750cfd9ee4d590039871b2be0b3ff4d3d770967b98ef65885fc3ec71','76bc491e068bc9a967cbc6843508db0a2897e5c50ddb9cf38eb2b898f4015365');
INSERT INTO event VALUES(15,'judgementSubmitted',2,2,'{"assignment":5,"lease":"5beb75dbed320e0b76b4c85ca960155e0b4f7e0a753f168200e8e7c70022b89f","revision":1,"sha256":"3fd7fc69aae3cb2cc92f5c6ba59d4e24280c7087dafd2c3f523b7607f2183afe"}',1796076493701,'76bc491e068bc9a967cbc6843508db0a2897e5c50ddb9cf38eb2b898f4015365','cb8fda5254810a3f7918afc251c46e0d6c5dbc7fe06967d266d89168635efb98');
INSERT INTO event VALUES(16,'judgementSubmitted',2,2,'{"assignment":6,"lease":"d69aa0e2625bd5d4f587d004caacb605200d2e1f48e178915660cf9500d54df4","revision":1,"sha256":"f3dfc3f1f55ce0a718b06f0693496bf9bad876ec111b688d31a5e16c617faaf5"}',1796076493716,'cb8fda5254810a3f7918afc251c46e0d6c5dbc7fe06967d266d89168635efb98','26953599e5f9f5d67c59e0fccd3d945112d9da46c27d6317379fa89d2f16771d');
INSERT INTO event VALUES(17,'promptSkipped',2,2,'{"assignment":7,"lease":"3f6537332db243d77e814a47731a9cdc9a72c25a8bde96d05e8f43f24fcea20d","reason":"unclear"}',1796076493722,'26953599e5f9f5d67c59e0fccd3d945112d9da46c27d6317379fa89d2f16771d','c28bb403151300c5e4de5d66ff7ae74d43a9dc6ab5f0a242611441dbf5ac0989');
INSERT INTO event VALUES(18,'labellerJoined',3,2,'{"pseudonym":"labeller-2"}',1796076493726,'c28bb403151300c5e4de5d66ff7ae74d43a9dc6ab5f0a242611441dbf5ac0989','c5bc2413ddc8fd531ccd7e0742e79d78c9fc328e32bc34e55aaef743070df281');
INSERT INTO event VALUES(19,'judgementSubmitted',3,2,'{"assignment":8,"lease":"2c76c1f3acc45f45a60151bef441920def1aa3371ba6e6bf06477f10bfbc2f14","revision":1,"sha256":"ca8960f4219d3e4c36ba78b9001fd5a56b5b6634d80d771c75008fbb00a1ec46"}',1796076493729,'c5bc2413ddc8fd531ccd7e0742e79d78c9fc328e32bc34e55aaef743070df281','f526e64489a63fcd473ac9cc0350d078fb287bf767285e47feb15fdff279beee');
INSERT INTO event VALUES(20,'judgementRevised',3,2,'{"assignment":8,"lease":"2c76c1f3acc45f45a60151bef441920def1aa3371ba6e6bf06477f10bfbc2f14","revision":2,"sha256":"9204d05c57ec53d71129a97180fda9364088956740a569de4f1b3c8804c4b466"}',1796076493732,'f526e64489a63fcd473ac9cc0350d078fb287bf767285e47feb15fdff279beee','37f05152d49d24a01637cc672e3ef3673fab827920071831d5492d8799264d97');
INSERT INTO event VALUES(21,'judgementSubmitted',3,2,'{"assignment":9,"lease":"8a442a2d25c7298512dd3dd7042ba87e31a3b4330cba61cef43a9d6758b6eccd","revision":1,"sha256":"bafa574937a473669cb3b9356e421c0d3dacc8490868de305c8273196e154ccc"}',1796076493738,'37f05152d49d24a01637cc672e3ef3673fab827920071831d5492d8799264d97','cd2a62836f3bff76b0b37b05d011e1f29bdbc274022cfce8ab274f6597b51ce0');
INSERT INTO event VALUES(22,'judgementSubmitted',3,2,'{"assignment":10,"lease":"8ca90beea9d3dfba251d463a55bb5fc17484fc7a9af575cf4a50595b1d370d5c","revision":1,"sha256":"add9e96784af6fd080a9596759d939871187f84dfd106ee662d019f3ff3584c5"}',1796076493744,'cd2a62836f3bff76b0b37b05d011e1f29bdbc274022cfce8ab274f6597b51ce0','4a147d8221417613bf69b6aefe8f745a7057282b6f304d374e6c5f63eea577e9');
INSERT INTO event VALUES(23,'judgementSubmitted',3,2,'{"assignment":11,"lease":"72e5071ec2519aeea4964fe27c77f00c3964de6823aa82be8b02d8a3d9dd0c74","revision":1,"sha256":"7959210ec804c90355813c5970108b696a0ac39549138cbc1251b7e6cfd408db"}',1796076493750,'4a147d8221417613bf69b6aefe8f745a7057282b6f304d374e6c5f63eea577e9','23134da9a3deb0ff18976b1b711c27c2c596f400375c3bceec1f1f712a077c26');
INSERT INTO event VALUES(24,'judgementSubmitted',3,2,'{"assignment":12,"lease":"c72d4f1e31caf06bbe64e2b7a60b68849b1380b44e05d6fa24bfa012d8cf0a88","revision":1,"sha256":"d46ffa8b1f26b0a78aefb0e7fc33861770175022dac5ff7d510e8d3c81e59311"}',1796076493756,'23134da9a3deb0ff18976b1b711c27c2c596f400375c3bceec1f1f712a077c26','cf969c99e39ba11dfcbb961597df1c62a66f6f8e646d330e0ea3bd77c567eb1f');
INSERT INTO event VALUES(25,'promptSkipped',3,2,'{"assignment":13,"lease":"742010510ed37e006ce04b17961cb82dfff1a45530d259cef0f3bed263679887","reason":"unclear"}',1796076493762,'cf969c99e39ba11dfcbb961597df1c62a66f6f8e646d330e0ea3bd77c567eb1f','17bff610d96375d972002a9cfd1c5b11fc6084a989af530b4adda9cf2fcfb9fe');
INSERT INTO event VALUES(26,'promptAdjudicated',4,2,'{"order":"2544b88e8de2fb9ac55f9179b60ff32440849d9d4920ee9e461c351c97e758c0","prompt":4,"revision":1,"sha256":"18833696270b7e1d6207fb277363ea2b09552bed28b1fb001045efdca09e97e9"}',1796076493792,'17bff610d96375d972002a9cfd1c5b11fc6084a989af530b4adda9cf2fcfb9fe','99fac1b3a98cd76f7d969a5760136862874d3ec3c4a4b9521d3e9e8eb93b397f');
INSERT INTO event VALUES(27,'judgementRetracted',1,2,'{"assignment":2,"note":"too fast","reason":"careless"}',1796076493800,'99fac1b3a98cd76f7d969a5760136862874d3ec3c4a4b9521d3e9e8eb93b397f','268988990ddb58f6055c6f0d4a234bd9967a1e16dc2dd290812df0467db09ee3');
INSERT INTO event VALUES(28,'datasetExported',NULL,2,'{"export":1,"format":"rankings","judgements":7,"manifest":"2b67852a292b2aa38625b7389f2cacd3b9ff369265f4864fbfd7ac0489040e81","sha256":"c02b3913f24d8e349ab38c9afa11bc648c7528da6aa2596ddb8098664d3e0bf5"}',1796076494164,'268988990ddb58f6055c6f0d4a234bd9967a1e16dc2dd290812df0467db09ee3','d0730b1a5a5246e98882b05f481b563aa14464bd4fbf1da05d657bcd1b4ea318');
INSERT INTO event VALUES(29,'taskArchived',NULL,1,'{}',1796076494375,'d0730b1a5a5246e98882b05f481b563aa14464bd4fbf1da05d657bcd1b4ea318','6b6e89e94543900d236176116f6da7ed3c2c949b5232743caa11a937704745ce');
CREATE TABLE IF NOT EXISTS "assignment" (id INTEGER PRIMARY KEY,
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
CHECK ((state = 'leased') = (endedAt IS NULL))) STRICT;
INSERT INTO assignment VALUES(1,1,1,2,'submitted',1,1,'["a1","a2"]',6000,9000,7000);
INSERT INTO assignment VALUES(2,2,9,2,'retracted',NULL,7301570813278370,'["gold-r2","gold-r1"]',1796076493548,1796078293548,1796076493800);
INSERT INTO assignment VALUES(3,2,3,2,'submitted',1,846667555032224,'["q1-r1","q1-r2"]',1796076493619,1796078293619,1796076493637);
INSERT INTO assignment VALUES(4,2,4,2,'submitted',1,5087839340894412,'["q2-r2","q2-r1"]',1796076493658,1796078293658,1796076493674);
INSERT INTO assignment VALUES(5,2,5,2,'submitted',1,3574777252149676,'["q3-r1","q3-r2"]',1796076493688,1796078293688,1796076493701);
INSERT INTO assignment VALUES(6,2,6,2,'submitted',1,7412801993126998,'["q4-r1","q4-r2"]',1796076493713,1796078293713,1796076493716);
INSERT INTO assignment VALUES(7,2,7,2,'skipped',NULL,1095459618336773,'["q5-r1","q5-r2"]',1796076493719,1796078293719,1796076493722);
INSERT INTO assignment VALUES(8,2,9,3,'submitted',2,2353558303876142,'["gold-r1","gold-r2"]',1796076493726,1796078293726,1796076493729);
INSERT INTO assignment VALUES(9,2,7,3,'submitted',1,4038510541357744,'["q5-r2","q5-r1"]',1796076493735,1796078293735,1796076493738);
INSERT INTO assignment VALUES(10,2,8,3,'submitted',1,6241966683865311,'["q6-r2","q6-r1"]',1796076493741,1796078293741,1796076493744);
INSERT INTO assignment VALUES(11,2,3,3,'submitted',2,7223618924272372,'["q1-r2","q1-r1"]',1796076493747,1796078293747,1796076493750);
INSERT INTO assignment VALUES(12,2,4,3,'submitted',2,5281090163667498,'["q2-r1","q2-r2"]',1796076493753,1796078293753,1796076493756);
INSERT INTO assignment VALUES(13,2,5,3,'skipped',NULL,7470663876317022,'["q3-r2","q3-r1"]',1796076493759,1796078293759,1796076493762);
INSERT INTO assignment VALUES(14,2,8,2,'leased',2,1355526691266502,'["q6-r1","q6-r2"]',1796076493765,1796078293765,NULL);
CREATE TABLE serverKey (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
  key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
CREATE INDEX sessionOfPerson ON session(personId);
CREATE INDEX invitationOfPerson ON invitation(personId);
CREATE INDEX apiTokenOfPerson ON apiToken(personId);
CREATE INDEX promptUnanswered ON prompt(taskId, position) WHERE responseCount < 2;
CREATE TRIGGER promptStays BEFORE DELETE ON prompt BEGIN
  SELECT RAISE(ABORT, 'a prompt cannot be deleted');
END;
CREATE TRIGGER promptKeepsItsContent
  BEFORE UPDATE OF id, taskId, name, round, originalId, messages, metadata, contentHash, groupKey,
    position, shuffle ON prompt
BEGIN
  SELECT RAISE(ABORT, 'the content of a prompt cannot change');
END;
CREATE TRIGGER judgementEndsTheLease AFTER INSERT ON judgement
  WHEN (SELECT state FROM assignment WHERE id = new.assignmentId) = 'leased'
BEGIN
  UPDATE assignment SET state = 'submitted', endedAt = new.createdAt WHERE id = new.assignmentId;
  DELETE FROM draft WHERE assignmentId = new.assignmentId;
END;
CREATE TRIGGER judgementKeepsItsContent BEFORE UPDATE ON judgement BEGIN
  SELECT RAISE(ABORT, 'a judgement cannot change; add a revision');
END;
CREATE TRIGGER judgementStays BEFORE DELETE ON judgement BEGIN
  SELECT RAISE(ABORT, 'a judgement cannot be deleted; retract it');
END;
CREATE TRIGGER skipKeepsItsContent BEFORE UPDATE ON skip BEGIN
  SELECT RAISE(ABORT, 'a skip cannot change');
END;
CREATE TRIGGER skipStays BEFORE DELETE ON skip BEGIN
  SELECT RAISE(ABORT, 'a skip cannot be deleted');
END;
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
CREATE INDEX runOfTask ON run(taskId, createdAt);
CREATE TRIGGER modelKeepsItsContent BEFORE UPDATE ON model BEGIN
  SELECT RAISE(ABORT, 'a model version cannot change');
END;
CREATE INDEX exportOfTask ON export(taskId, id);
CREATE TRIGGER exportKeepsItsContent BEFORE UPDATE ON export BEGIN
  SELECT RAISE(ABORT, 'an export cannot change');
END;
CREATE UNIQUE INDEX webhookOfTask ON webhook(taskId, url) WHERE removedAt IS NULL;
CREATE INDEX deliveryWaiting ON delivery(webhookId, id) WHERE state = 'waiting';
CREATE INDEX deliveryOfWebhook ON delivery(webhookId, id);
CREATE INDEX deliveryDelivered ON delivery(endedAt) WHERE state = 'delivered';
CREATE TRIGGER deliveryKeepsItsContent
  BEFORE UPDATE OF messageId, webhookId, event, payload, createdAt ON delivery
BEGIN
  SELECT RAISE(ABORT, 'the content of a delivery cannot change');
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
CREATE INDEX promptOpenByPosition ON prompt(taskId, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0;
CREATE INDEX promptOpenByTaken ON prompt(taskId, taken, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0;
CREATE INDEX promptRoutedByPosition ON prompt(taskId, routeId, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND routeId IS NOT NULL;
CREATE INDEX promptRoutedByTaken ON prompt(taskId, routeId, taken, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND routeId IS NOT NULL;
CREATE INDEX promptDisputed ON prompt(taskId, disagreement DESC, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND disagreement > 0;
CREATE INDEX promptUncertain ON prompt(taskId, uncertainty DESC, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND uncertainty > 0;
CREATE INDEX promptGold ON prompt(taskId, shuffle, position) WHERE isGold = 1;
CREATE TRIGGER goldIsMarked AFTER INSERT ON gold BEGIN
  UPDATE prompt SET isGold = 1 WHERE id = new.promptId;
END;
CREATE TRIGGER goldIsUnmarked AFTER DELETE ON gold BEGIN
  UPDATE prompt SET isGold = 0 WHERE id = old.promptId;
END;
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
CREATE INDEX promptImportUnfinished ON promptImport(id) WHERE finishedAt IS NULL;
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
    WHEN new.body IS NOT NULL AND (SELECT judged FROM prompt WHERE id = new.promptId) = 0
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
CREATE TRIGGER adjudicationKeepsItsContent BEFORE UPDATE ON adjudication BEGIN
  SELECT RAISE(ABORT, 'a decision cannot change; add a revision');
END;
CREATE TRIGGER adjudicationStays BEFORE DELETE ON adjudication BEGIN
  SELECT RAISE(ABORT, 'a decision cannot be deleted; withdraw it');
END;
CREATE INDEX disagreementQueue ON disagreement(taskId, isDecided, value, promptId);
CREATE TRIGGER adjudicationLeavesTheQueue AFTER INSERT ON adjudication BEGIN
  UPDATE disagreement SET isDecided = new.body IS NOT NULL WHERE promptId = new.promptId;
END;
CREATE TRIGGER promptCounted AFTER INSERT ON prompt
  WHEN new.position > (SELECT lastPosition FROM task WHERE id = new.taskId)
BEGIN
  UPDATE task SET promptCount = promptCount + 1, lastPosition = new.position,
    answeredCount = answeredCount + (new.responseCount >= 2),
    openings = openings + (new.responseCount >= 2)
    WHERE id = new.taskId;
END;
CREATE TRIGGER responseStays BEFORE DELETE ON response BEGIN
  SELECT RAISE(ABORT, 'a response cannot be deleted');
END;
CREATE TRIGGER responseKeepsItsContent BEFORE UPDATE ON response BEGIN
  SELECT RAISE(ABORT, 'a response cannot change');
END;
CREATE TRIGGER responseComesLater AFTER INSERT ON response
  WHEN new.position > (SELECT responseCount FROM prompt WHERE id = new.promptId)
BEGIN
  SELECT CASE WHEN EXISTS (SELECT 1 FROM assignment WHERE promptId = new.promptId)
    THEN RAISE(ABORT, 'the responses of a prompt are frozen once they were shown') END;
  UPDATE prompt SET responseCount = responseCount + 1 WHERE id = new.promptId;
END;
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
CREATE INDEX promptOpenByShuffle ON prompt(taskId, shuffle, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND isShuffled = 1;
CREATE INDEX promptRoutedByShuffle ON prompt(taskId, routeId, shuffle, position)
  WHERE taken < wanted AND responseCount >= 2 AND isGold = 0 AND isShuffled = 1
    AND routeId IS NOT NULL;
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
CREATE UNIQUE INDEX assignmentSlot ON assignment(promptId, slot) WHERE slot IS NOT NULL;
CREATE INDEX assignmentExpiring ON assignment(expiresAt) WHERE state = 'leased';
CREATE TRIGGER assignmentKeepsItsOrder
  BEFORE UPDATE OF id, taskId, promptId, labellerId, seed, shown ON assignment
BEGIN
  SELECT RAISE(ABORT, 'an assignment keeps its prompt, labeller and order');
END;
CREATE TRIGGER assignmentStays BEFORE DELETE ON assignment BEGIN
  SELECT RAISE(ABORT, 'an assignment cannot be deleted');
END;
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
CREATE INDEX eventThatIsRare ON event(id)
  WHERE kind <> 'judgementSubmitted' AND kind <> 'judgementRevised'
    AND kind <> 'promptSkipped' AND kind <> 'promptsStored';
CREATE INDEX draftOfLabeller ON draft(labellerId);
PRAGMA writable_schema=OFF;
COMMIT;
