"""The SQL views for people: lives with their lineage resolved, one row for each thing worth reading.

They stand on ``lineage``, which gives the segments of every branch; Python resolves the same with less work
(``Branches.lineage``) and a test holds the two together. ``json_extract`` rather than ``->>``, which older
SQLite does not know. What is shared has no address and was asked in draw 0; a life that names it often paid it once.

``people`` says what they are called and where they are at the head (whoever has left: where they were last). People
go where they wanted to when the step is over or, one by one, when their turn is.
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


def _value(of: str, path: str) -> str:
    """Return SQL for a value as text: a text as it is, all else as JSON; extracting alone would make 1 of true."""
    words = " ".join(f"WHEN '{word}' THEN '{word}'" for word in ("true", "false", "null"))
    return f"CASE json_type({of}, '{path}') {words} ELSE json_extract({of}, '{path}') END"


TRANSCRIPT = f"""\
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
                           ELSE {_value("payload", "$.answer")}
                                || coalesce(' (' || nullif(json_extract(payload, '$.reason'), '') || ')', '') END
            WHEN type = 'extracted'
              THEN (SELECT coalesce(group_concat(json_extract(each.value, '$.field') || ': '
                                                 || {_value("each.value", "$.value")}, '; '), '')
                    FROM json_each(lives.payload, '$.values') AS each)
            ELSE json_extract(payload, '$.content') END AS content
FROM lives
WHERE type IN ('action-taken', 'stimulus-given', 'stimulus-caused', 'question-asked', 'question-answered',
               'person-moved', 'person-move-caused', 'person-went', 'document-written', 'appointment-made',
               'faculty-used', 'result-seen', 'memory-formed', 'insight-formed', 'turn-failed',
               'intervention-fired', 'minibio-written', 'extracted', 'rewritten')
   OR type = 'story-told' AND json_array_length(payload, '$.effects') = 0
   OR type = 'survey-answered' AND NOT json_extract(payload, '$.skipped')"""  # noqa: S608 - made of constants

ACTIONS = """\
CREATE VIEW actions AS
SELECT simulation, branch, seq, step, time, actor AS person, json_extract(payload, '$.kind') AS kind,
       json_extract(payload, '$.target') AS target, json_extract(payload, '$.content') AS content
FROM lives WHERE type = 'action-taken'"""

PEOPLE = """\
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
LEFT JOIN named ON named.branch_id = came.branch_id AND named.person = came.person AND named.place = 1"""

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
GROUP BY simulation, branch, person, purpose, priced.step, priced.model"""

VIEWS = (LINEAGE, LIVES, TRANSCRIPT, ACTIONS, PEOPLE, RUNS, COSTS)
