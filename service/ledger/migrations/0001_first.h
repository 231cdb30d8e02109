// SPDX-License-Identifier: Apache-2.0
// A fossil: the first schema. Never edited; what changes comes as the next step. It names nothing that can still
// change. Numbers of states: below 6 = not ended, 6 done, 7 failed, 8 cancelled. Kinds of entries: 1 credit,
// 2 give-back, 3 failure. All instants are milliseconds since 1970 UTC.
#pragma once

namespace lull::ledger::migrations {

inline constexpr const char* kFirst = R"sql(
CREATE TABLE task(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  runtime TEXT NOT NULL,
  priority INTEGER NOT NULL,
  state INTEGER NOT NULL,
  progress REAL NOT NULL,
  attempt INTEGER NOT NULL,
  attempts_allowed INTEGER NOT NULL,
  submitted INTEGER NOT NULL,
  started INTEGER NOT NULL DEFAULT 0,
  ended INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  failure_kind INTEGER NOT NULL DEFAULT 0,
  failure_message TEXT NOT NULL DEFAULT '',
  failure_technical TEXT NOT NULL DEFAULT '',
  gpu TEXT NOT NULL DEFAULT ''
);
CREATE INDEX task_by_state ON task(state, seq);

-- Apart from its task, whose row is rewritten often: a specification may be large. Serialised lull.v1.TaskSpec.
CREATE TABLE task_spec(
  task INTEGER PRIMARY KEY REFERENCES task(seq),
  spec BLOB NOT NULL
);

CREATE TABLE task_event(
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES task(seq),
  at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX task_event_by_task ON task_event(task, id);

CREATE TABLE output(
  task INTEGER NOT NULL REFERENCES task(seq),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY(task, position)
) WITHOUT ROWID;

-- Blobs that tasks which have not ended refer to.
CREATE TABLE blob_ref(
  task INTEGER NOT NULL REFERENCES task(seq),
  sha256 TEXT NOT NULL,
  PRIMARY KEY(task, sha256)
) WITHOUT ROWID;

-- One worker's life: its running totals.
CREATE TABLE session(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(seq),
  gpu_ns INTEGER NOT NULL,
  energy_uj INTEGER NOT NULL,
  estimated INTEGER NOT NULL
);
CREATE INDEX session_by_task ON session(task, gpu_ns, energy_uj, estimated);

-- The same figures over time, as increments of about a minute. Their sum equals the sum over all sessions.
CREATE TABLE meter(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  session INTEGER NOT NULL REFERENCES session(id),
  gpu_ns INTEGER NOT NULL,
  energy_uj INTEGER NOT NULL,
  estimated INTEGER NOT NULL
);
CREATE INDEX meter_by_time ON meter(at, gpu_ns, energy_uj, estimated);

CREATE TABLE entry(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  task INTEGER REFERENCES task(seq),
  text TEXT NOT NULL,
  micro_credits INTEGER NOT NULL DEFAULT 0,
  gpu_ns INTEGER NOT NULL DEFAULT 0,
  energy_uj INTEGER NOT NULL DEFAULT 0,
  estimated INTEGER NOT NULL DEFAULT 0,
  gate_ms REAL,
  drained_ms REAL,
  memory_free_ms REAL,
  cause TEXT
);
CREATE INDEX entry_by_time ON entry(kind, at, micro_credits, drained_ms);
-- A task is credited once: held by the file itself.
CREATE UNIQUE INDEX entry_credited_once ON entry(task) WHERE kind = 1;

-- The hottest of each minute.
CREATE TABLE temperature(
  minute INTEGER PRIMARY KEY,
  celsius REAL NOT NULL
);

CREATE TABLE wish(
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
)sql";

}  // namespace lull::ledger::migrations
