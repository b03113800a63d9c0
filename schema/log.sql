PRAGMA application_id = 1416775027;

CREATE TABLE simulations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  scenario TEXT,                    -- blobs.hash
  created_at INTEGER NOT NULL,      -- milliseconds since 1970, as all *_at
  checksum INTEGER NOT NULL         -- CRC-32 of all other columns, as everywhere
);

CREATE TABLE branches (
  id INTEGER PRIMARY KEY,
  simulation INTEGER NOT NULL REFERENCES simulations (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('main', 'fork', 'ask')),
  parent INTEGER REFERENCES branches (id),
  fork_seq INTEGER NOT NULL,        -- last event shared with the parent; 0 for main
  draw INTEGER NOT NULL,            -- which independent sample the models give
  created_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (simulation, name)
);

CREATE TABLE events (
  position INTEGER PRIMARY KEY,     -- a cursor for followers, never identity
  branch INTEGER NOT NULL REFERENCES branches (id),
  seq INTEGER NOT NULL,             -- goes on from the parent's at the fork
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  actor TEXT,
  step INTEGER NOT NULL,
  time TEXT NOT NULL,
  cause INTEGER,
  payload TEXT NOT NULL,            -- canonical JSON
  hash BLOB NOT NULL,               -- over the previous hash and seq … payload
  recorded_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (branch, seq)
);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,        -- over the parent's hash, role and content
  parent INTEGER REFERENCES messages (id),
  role TEXT NOT NULL,
  content TEXT NOT NULL
);

CREATE TABLE requests (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,        -- over the last message's hash and the parameters
  message INTEGER NOT NULL REFERENCES messages (id),
  parameters TEXT NOT NULL          -- canonical JSON
);

CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,               -- over text, finish and refusal
  request TEXT NOT NULL REFERENCES requests (hash),
  draw INTEGER NOT NULL,
  address TEXT NOT NULL,            -- step/person/purpose/n/index
  origin TEXT NOT NULL,             -- 'here', or the bundle it was imported from
  text TEXT NOT NULL,
  finish TEXT NOT NULL,
  refusal TEXT,
  model TEXT NOT NULL,
  usage TEXT,                       -- JSON: prompt_tokens, completion_tokens, cached_tokens
  response_id TEXT,
  seconds REAL NOT NULL,
  received_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (request, draw, address, hash)
);

CREATE TABLE blobs (
  hash TEXT PRIMARY KEY,            -- SHA-256 of the content
  media TEXT NOT NULL,
  content BLOB NOT NULL
);

CREATE TABLE calls (                -- intents: stored before anything is sent
  id INTEGER PRIMARY KEY,
  request TEXT NOT NULL,
  draw INTEGER NOT NULL,
  address TEXT NOT NULL,
  branch INTEGER NOT NULL,          -- the branch that pays
  budget INTEGER,
  reserved_tokens INTEGER NOT NULL, -- the most it may cost; what it did cost once answered
  reserved_money INTEGER NOT NULL,  -- millionths of the prices' currency, as all money
  lost_tokens INTEGER NOT NULL DEFAULT 0,  -- earlier sendings that no answer came from, at their maximum
  lost_money INTEGER NOT NULL DEFAULT 0,
  owner TEXT,                       -- who sends it; '' given up after sending, NULL before
  asked_at INTEGER NOT NULL,
  resent INTEGER NOT NULL DEFAULT 0,
  answer INTEGER,                   -- answers.id
  UNIQUE (request, draw, address)
);

CREATE INDEX calls_by_budget ON calls (budget) WHERE budget IS NOT NULL;

CREATE INDEX calls_by_answer ON calls (answer) WHERE answer IS NOT NULL;

CREATE TABLE budgets (
  id INTEGER PRIMARY KEY,
  label TEXT NOT NULL,
  calls INTEGER,
  tokens INTEGER,
  money INTEGER,
  created_at INTEGER NOT NULL
);

CREATE TABLE leases (               -- who may append to a branch
  branch INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,              -- host:pid:start; '' nobody
  epoch INTEGER NOT NULL,
  heartbeat INTEGER NOT NULL
);

CREATE TABLE mailbox (              -- commands left for the lease's holder
  id INTEGER PRIMARY KEY,
  branch INTEGER NOT NULL,
  at INTEGER NOT NULL,
  payload TEXT NOT NULL,
  taken_seq INTEGER                 -- the event it became
);

CREATE TABLE journal (              -- what happened to the process, not to the simulated world
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  branch INTEGER,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL
);

CREATE TABLE snapshots (            -- a cache: may be emptied at any time
  branch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,               -- of the event at seq
  fold TEXT NOT NULL,
  manifest TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (branch, seq, fold)
);

CREATE TABLE chunks (               -- the same cache
  hash TEXT PRIMARY KEY,            -- SHA-256 of the content
  content BLOB NOT NULL
);

CREATE TRIGGER simulations_no_update BEFORE UPDATE ON simulations
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: simulations only grows'); END;

CREATE TRIGGER simulations_no_delete BEFORE DELETE ON simulations
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: simulations only grows'); END;

CREATE TRIGGER simulations_no_replace BEFORE INSERT ON simulations
WHEN EXISTS (SELECT 1 FROM simulations WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM simulations WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: simulations only grows'); END;

CREATE TRIGGER branches_no_update BEFORE UPDATE ON branches
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: branches only grows'); END;

CREATE TRIGGER branches_no_delete BEFORE DELETE ON branches
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: branches only grows'); END;

CREATE TRIGGER branches_no_replace BEFORE INSERT ON branches
WHEN EXISTS (SELECT 1 FROM branches WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM branches WHERE simulation = NEW.simulation AND name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: branches only grows'); END;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: events only grows'); END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: events only grows'); END;

CREATE TRIGGER events_no_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
  OR EXISTS (SELECT 1 FROM events WHERE branch = NEW.branch AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: events only grows'); END;

CREATE TRIGGER messages_no_update BEFORE UPDATE ON messages
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: messages only grows'); END;

CREATE TRIGGER messages_no_delete BEFORE DELETE ON messages
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: messages only grows'); END;

CREATE TRIGGER messages_no_replace BEFORE INSERT ON messages
WHEN EXISTS (SELECT 1 FROM messages WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM messages WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: messages only grows'); END;

CREATE TRIGGER requests_no_update BEFORE UPDATE ON requests
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: requests only grows'); END;

CREATE TRIGGER requests_no_delete BEFORE DELETE ON requests
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: requests only grows'); END;

CREATE TRIGGER requests_no_replace BEFORE INSERT ON requests
WHEN EXISTS (SELECT 1 FROM requests WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM requests WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: requests only grows'); END;

CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: answers only grows'); END;

CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: answers only grows'); END;

CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers
WHEN EXISTS (SELECT 1 FROM answers WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM answers WHERE request = NEW.request AND draw = NEW.draw AND address = NEW.address AND hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: answers only grows'); END;

CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: blobs only grows'); END;

CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: blobs only grows'); END;

CREATE TRIGGER blobs_no_replace BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE hash = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'history cannot be edited: blobs only grows'); END;

CREATE VIEW lineage AS
WITH RECURSIVE up(branch, segment, parent, fork_seq, last_seq) AS (
  SELECT id, id, parent, fork_seq, NULL FROM branches
  UNION ALL
  SELECT up.branch, older.id, older.parent, older.fork_seq,
         min(up.fork_seq, coalesce(up.last_seq, up.fork_seq))
  FROM up JOIN branches AS older ON older.id = up.parent
)
SELECT own.simulation AS simulation, up.branch AS branch, up.segment AS segment,
       up.fork_seq + 1 AS first_seq, up.last_seq AS last_seq
FROM up JOIN branches AS own ON own.id = up.branch
WHERE up.last_seq IS NULL OR up.last_seq > up.fork_seq;

CREATE VIEW lives AS
SELECT simulations.name AS simulation, branches.name AS branch, branches.id AS branch_id,
       events.branch AS segment, events.seq, events.type, events.actor, events.step, events.time,
       events.payload
FROM lineage
JOIN branches ON branches.id = lineage.branch
JOIN simulations ON simulations.id = lineage.simulation
JOIN events ON events.branch = lineage.segment AND events.seq >= lineage.first_seq
  AND events.seq <= coalesce(lineage.last_seq, 9223372036854775807);

CREATE VIEW transcript AS
SELECT simulation, branch, seq, step, time,
       CASE WHEN type IN ('stimulus-given', 'stimulus-caused') THEN nullif(json_extract(payload, '$.speaker'), '')
            WHEN type = 'question-answered' THEN json_extract(payload, '$.person')
            WHEN type NOT IN ('result-seen', 'intervention-fired', 'minibio-written', 'story-told', 'extracted',
                              'rewritten') THEN actor END AS who,
       CASE type WHEN 'question-asked' THEN 'QUESTION' WHEN 'question-answered' THEN 'ANSWER'
                 WHEN 'person-moved' THEN 'LOCATION' WHEN 'person-move-caused' THEN 'LOCATION'
                 WHEN 'person-went' THEN 'MOVE_TO' WHEN 'turn-failed' THEN 'FAILED'
                 WHEN 'document-written' THEN 'DOCUMENT' WHEN 'appointment-made' THEN 'APPOINTMENT'
                 WHEN 'result-seen' THEN 'RESULT' WHEN 'intervention-fired' THEN 'INTERVENTION'
                 WHEN 'memory-formed' THEN 'MEMORY' WHEN 'insight-formed' THEN 'INSIGHT'
                 WHEN 'minibio-written' THEN 'MINIBIO' WHEN 'story-told' THEN 'STORY'
                 WHEN 'survey-answered' THEN 'SURVEY' WHEN 'extracted' THEN 'EXTRACTED'
                 WHEN 'rewritten' THEN 'REWRITTEN'
                 ELSE json_extract(payload, '$.kind') END AS kind,
       CASE WHEN type IN ('stimulus-given', 'stimulus-caused')
              THEN coalesce(json_extract(payload, '$.world'), json_extract(payload, '$.to'))
            WHEN type IN ('question-asked', 'person-moved', 'person-move-caused', 'minibio-written')
              THEN json_extract(payload, '$.person')
            WHEN type = 'appointment-made' THEN json_extract(payload, '$.attendees')
            WHEN type = 'result-seen' THEN actor
            ELSE nullif(json_extract(payload, '$.target'), '') END AS target,
       CASE WHEN type IN ('question-answered', 'story-told', 'rewritten')
                 AND json_extract(payload, '$.failed') IS NOT NULL
              THEN '(' || json_extract(payload, '$.failed') || ')'
            WHEN type = 'question-asked' THEN json_extract(payload, '$.question')
            WHEN type = 'question-answered' THEN json_extract(payload, '$.answer')
            WHEN type IN ('story-told', 'rewritten') THEN json_extract(payload, '$.text')
            WHEN type = 'minibio-written'
              THEN coalesce(json_extract(payload, '$.failed'), json_extract(payload, '$.text'))
            WHEN type IN ('person-moved', 'person-move-caused', 'person-went') THEN json_extract(payload, '$.world')
            WHEN type = 'turn-failed' THEN json_extract(payload, '$.reason')
            WHEN type = 'intervention-fired' THEN json_extract(payload, '$.name')
            WHEN type = 'document-written'
              THEN json_extract(payload, '$.title') || char(10, 10) || json_extract(payload, '$.content')
            WHEN type = 'appointment-made'
              THEN json_extract(payload, '$.title') || ', ' || json_extract(payload, '$.start') || ' to '
                   || json_extract(payload, '$.end')
            WHEN type = 'survey-answered'
              THEN json_extract(payload, '$.question') || ': '
                   || CASE WHEN json_extract(payload, '$.failed') IS NOT NULL
                             THEN '(' || json_extract(payload, '$.failed') || ')'
                           ELSE CASE json_type(payload, '$.answer') WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' ELSE json_extract(payload, '$.answer') END
                                || coalesce(' (' || nullif(json_extract(payload, '$.reason'), '') || ')', '') END
            WHEN type = 'extracted'
              THEN (SELECT coalesce(group_concat(json_extract(each.value, '$.field') || ': '
                                                 || CASE json_type(each.value, '$.value') WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' ELSE json_extract(each.value, '$.value') END, '; '), '')
                    FROM json_each(lives.payload, '$.values') AS each)
            ELSE json_extract(payload, '$.content') END AS content
FROM lives
WHERE type IN ('action-taken', 'stimulus-given', 'stimulus-caused', 'question-asked', 'question-answered',
               'person-moved', 'person-move-caused', 'person-went', 'document-written', 'appointment-made',
               'faculty-used', 'result-seen', 'memory-formed', 'insight-formed', 'turn-failed',
               'intervention-fired', 'minibio-written', 'extracted', 'rewritten')
   OR type = 'story-told' AND json_array_length(payload, '$.effects') = 0
   OR type = 'survey-answered' AND NOT json_extract(payload, '$.skipped');

CREATE VIEW actions AS
SELECT simulation, branch, seq, step, time, actor AS person, json_extract(payload, '$.kind') AS kind,
       json_extract(payload, '$.target') AS target, json_extract(payload, '$.content') AS content
FROM lives WHERE type = 'action-taken';

CREATE VIEW people AS
WITH came AS (
  SELECT simulation, branch, branch_id, seq, json_extract(payload, '$.person') AS person,
         json_extract(payload, '$.name') AS name, json_extract(payload, '$.world') AS world
  FROM lives WHERE type IN ('person-added', 'person-coming-caused', 'person-made')
), gone AS (
  SELECT branch_id, json_extract(payload, '$.person') AS person, min(seq) AS seq
  FROM lives WHERE type IN ('person-removed', 'person-leaving-caused') GROUP BY 1, 2
), orders AS (
  SELECT branch_id, seq AS first,
         lead(seq, 1, 9223372036854775807) OVER (PARTITION BY branch_id ORDER BY seq) AS last,
         coalesce(json_extract(payload, '$.settings.order'), json_extract(payload, '$.after')) AS how
  FROM lives
  WHERE type IN ('simulation-created', 'simulation-redacted')
     OR (type IN ('settings-changed', 'settings-change-caused')
         AND json_extract(payload, '$.path') = 'settings.order')
), ends AS (
  SELECT branch_id, seq, step, actor, type FROM lives WHERE type IN ('turn-ended', 'step-ended')
), moves AS (
  SELECT branch_id, seq, seq AS since, json_extract(payload, '$.person') AS person,
         json_extract(payload, '$.world') AS world
  FROM lives WHERE type IN ('person-moved', 'person-move-caused')
  UNION ALL
  SELECT went.branch_id, went.seq,
         CASE orders.how WHEN 'sequential' THEN turn.seq ELSE over.seq END, went.actor,
         json_extract(went.payload, '$.world')
  FROM lives AS went
  JOIN ends AS turn ON turn.branch_id = went.branch_id AND turn.step = went.step AND turn.actor = went.actor
  JOIN orders ON orders.branch_id = went.branch_id AND turn.seq BETWEEN orders.first AND orders.last
  LEFT JOIN ends AS over ON over.branch_id = went.branch_id AND over.step = went.step AND over.type = 'step-ended'
  WHERE went.type = 'person-went'
), placed AS (
  SELECT moves.branch_id, moves.person, moves.world,
         row_number() OVER (PARTITION BY moves.branch_id, moves.person
                            ORDER BY moves.since DESC, moves.seq DESC) AS place
  FROM moves LEFT JOIN gone ON gone.branch_id = moves.branch_id AND gone.person = moves.person
  WHERE moves.since < coalesce(gone.seq, 9223372036854775807)
), renamed AS (
  SELECT branch_id, seq, json_extract(payload, '$.person') AS person, json_extract(payload, '$.after') AS name
  FROM lives
  WHERE type IN ('person-changed', 'person-change-caused') AND json_extract(payload, '$.path') = 'name'
  UNION ALL
  SELECT branch_id, seq, json_extract(payload, '$.person'), json_extract(each.value, '$.after')
  FROM lives, json_each(lives.payload, '$.changes') AS each
  WHERE lives.type = 'fragment-merged' AND json_extract(each.value, '$.path') = 'name'
), named AS (
  SELECT branch_id, person, name,
         row_number() OVER (PARTITION BY branch_id, person ORDER BY seq DESC) AS place
  FROM renamed
)
SELECT came.simulation, came.branch, came.seq AS added_seq, came.person, coalesce(named.name, came.name) AS name,
       coalesce(placed.world, came.world) AS world, gone.seq AS removed_seq
FROM came
LEFT JOIN gone ON gone.branch_id = came.branch_id AND gone.person = came.person
LEFT JOIN placed ON placed.branch_id = came.branch_id AND placed.person = came.person AND placed.place = 1
LEFT JOIN named ON named.branch_id = came.branch_id AND named.person = came.person AND named.place = 1;

CREATE VIEW runs AS
WITH heads AS (
  SELECT branches.*,
         coalesce((SELECT max(seq) FROM events WHERE events.branch = branches.id), fork_seq) AS head
  FROM branches
)
SELECT simulations.name AS simulation, heads.name AS branch, heads.kind, parents.name AS parent,
       heads.fork_seq, heads.draw, heads.head - heads.fork_seq AS events, heads.head,
       (SELECT events.step FROM lineage JOIN events ON events.branch = lineage.segment
        WHERE lineage.branch = heads.id AND events.seq = heads.head
          AND heads.head BETWEEN lineage.first_seq AND coalesce(lineage.last_seq, heads.head)) AS last_step,
       strftime('%Y-%m-%dT%H:%M:%SZ', heads.created_at / 1000, 'unixepoch') AS created
FROM heads
JOIN simulations ON simulations.id = heads.simulation
LEFT JOIN branches AS parents ON parents.id = heads.parent;

CREATE VIEW costs AS
WITH named AS (
  SELECT simulation, branch, branch_id, segment, seq, step, json_extract(payload, '$.model') AS model,
         json_extract(payload, '$.request') AS request, json_extract(payload, '$.answer') AS hash,
         json_extract(payload, '$.address') AS address
  FROM lives WHERE type = 'model-answered'
  UNION ALL
  SELECT simulation, branch, branch_id, segment, seq, step, json_extract(payload, '$.model'),
         json_extract(each.value, '$.request'), json_extract(each.value, '$.answer'), ''
  FROM lives, json_each(lives.payload, '$.of') AS each WHERE lives.type = 'memories-embedded'
), answered AS (
  SELECT named.*, row_number() OVER (PARTITION BY branch_id, request, address ORDER BY seq) AS time_named,
         '[' || replace(json_quote(address), '/', '","') || ']' AS parts
  FROM named
), priced AS (
  SELECT answered.*,
         answered.time_named = 1 AND
         EXISTS (SELECT 1 FROM calls JOIN branches ON branches.id = answered.segment
                 WHERE calls.request = answered.request
                   AND calls.draw = CASE answered.address WHEN '' THEN 0 ELSE branches.draw END
                   AND calls.address = answered.address AND calls.branch = answered.branch_id) AS paid,
         coalesce((SELECT min(id) FROM answers WHERE answers.request = answered.request
                     AND answers.hash = answered.hash AND answers.address = answered.address),
                  (SELECT min(id) FROM answers WHERE answers.request = answered.request
                     AND answers.hash = answered.hash)) AS answer
  FROM answered
)
SELECT simulation, branch, coalesce(json_extract(parts, '$[1]'), '-') AS person,
       coalesce(json_extract(parts, '$[2]'),
                (SELECT json_extract(parameters, '$.kind') FROM requests WHERE requests.hash = priced.request),
                'shared') AS purpose,
       priced.step, priced.model, count(*) AS calls, sum(paid) AS paid,
       sum(json_extract(answers.usage, '$.prompt_tokens')) AS prompt_tokens,
       sum(json_extract(answers.usage, '$.completion_tokens')) AS completion_tokens,
       sum(json_extract(answers.usage, '$.cached_tokens')) AS cached_tokens,
       sum(CASE WHEN paid THEN json_extract(answers.usage, '$.prompt_tokens')
                             + json_extract(answers.usage, '$.completion_tokens') END) AS paid_tokens,
       sum(answers.seconds) AS seconds
FROM priced LEFT JOIN answers ON answers.id = priced.answer
GROUP BY simulation, branch, person, purpose, priced.step, priced.model;
