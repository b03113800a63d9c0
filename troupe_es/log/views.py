"""The SQL views for people: lives with their lineage resolved, one row for each thing worth reading.

They stand on ``lineage``, which gives the segments of every branch; Python resolves the same with less work
(``Branches.lineage``) and a test holds the two together. ``json_extract`` rather than ``->>``, which older
SQLite does not know. What is shared has no address and was asked in draw 0; a life that names it often paid it once.
"""

LINEAGE = """\
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
WHERE up.last_seq IS NULL OR up.last_seq > up.fork_seq"""

LIVES = """\
CREATE VIEW lives AS
SELECT simulations.name AS simulation, branches.name AS branch, branches.id AS branch_id,
       events.branch AS segment, events.seq, events.type, events.actor, events.step, events.time,
       events.payload
FROM lineage
JOIN branches ON branches.id = lineage.branch
JOIN simulations ON simulations.id = lineage.simulation
JOIN events ON events.branch = lineage.segment AND events.seq >= lineage.first_seq
  AND events.seq <= coalesce(lineage.last_seq, 9223372036854775807)"""

TRANSCRIPT = """\
CREATE VIEW transcript AS
SELECT simulation, branch, seq, step, time,
       CASE type WHEN 'action-taken' THEN actor
                 WHEN 'stimulus-given' THEN nullif(json_extract(payload, '$.speaker'), '')
                 WHEN 'stimulus-caused' THEN nullif(json_extract(payload, '$.speaker'), '')
                 WHEN 'question-answered' THEN json_extract(payload, '$.person') END AS who,
       CASE type WHEN 'question-asked' THEN 'QUESTION' WHEN 'question-answered' THEN 'ANSWER'
                 ELSE json_extract(payload, '$.kind') END AS kind,
       CASE type WHEN 'action-taken' THEN json_extract(payload, '$.target')
                 WHEN 'question-asked' THEN json_extract(payload, '$.person')
                 WHEN 'stimulus-given' THEN coalesce(json_extract(payload, '$.world'),
                                                     json_extract(payload, '$.to'))
                 WHEN 'stimulus-caused' THEN coalesce(json_extract(payload, '$.world'),
                                                      json_extract(payload, '$.to')) END AS target,
       CASE type WHEN 'question-asked' THEN json_extract(payload, '$.question')
                 WHEN 'question-answered' THEN json_extract(payload, '$.answer')
                 ELSE json_extract(payload, '$.content') END AS content
FROM lives
WHERE type IN ('action-taken', 'stimulus-given', 'stimulus-caused', 'question-asked', 'question-answered')"""

ACTIONS = """\
CREATE VIEW actions AS
SELECT simulation, branch, seq, step, time, actor AS person, json_extract(payload, '$.kind') AS kind,
       json_extract(payload, '$.target') AS target, json_extract(payload, '$.content') AS content
FROM lives WHERE type = 'action-taken'"""

PEOPLE = """\
CREATE VIEW people AS
SELECT simulation, branch, seq AS added_seq, json_extract(payload, '$.person') AS person,
       json_extract(payload, '$.name') AS name, json_extract(payload, '$.world') AS world,
       (SELECT min(gone.seq) FROM lives AS gone
        WHERE gone.branch_id = lives.branch_id AND gone.seq > lives.seq
          AND gone.type IN ('person-removed', 'person-leaving-caused')
          AND json_extract(gone.payload, '$.person') = json_extract(lives.payload, '$.person')) AS removed_seq
FROM lives WHERE type IN ('person-added', 'person-coming-caused')"""

RUNS = """\
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
LEFT JOIN branches AS parents ON parents.id = heads.parent"""

COSTS = """\
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
       coalesce(json_extract(parts, '$[2]'), 'embedding') AS purpose,
       priced.step, priced.model, count(*) AS calls, sum(paid) AS paid,
       sum(json_extract(answers.usage, '$.prompt_tokens')) AS prompt_tokens,
       sum(json_extract(answers.usage, '$.completion_tokens')) AS completion_tokens,
       sum(json_extract(answers.usage, '$.cached_tokens')) AS cached_tokens,
       sum(CASE WHEN paid THEN json_extract(answers.usage, '$.prompt_tokens')
                             + json_extract(answers.usage, '$.completion_tokens') END) AS paid_tokens,
       sum(answers.seconds) AS seconds
FROM priced LEFT JOIN answers ON answers.id = priced.answer
GROUP BY simulation, branch, person, purpose, priced.step, priced.model"""

VIEWS = (LINEAGE, LIVES, TRANSCRIPT, ACTIONS, PEOPLE, RUNS, COSTS)
