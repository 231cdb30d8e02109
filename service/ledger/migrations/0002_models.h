// SPDX-License-Identifier: Apache-2.0
// A fossil: what tasks with a language model compute, and what the processor computes. Never edited; what changes comes
// as the next step.
#pragma once

namespace lull::ledger::migrations {

inline constexpr const char* kModels = R"sql(
-- The owner's own work.
ALTER TABLE task ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
-- What was computed with a language model so far, over all attempts.
ALTER TABLE task ADD COLUMN prompt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN completion INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN requests_failed INTEGER NOT NULL DEFAULT 0;

-- The same figures over time, as increments of about a minute. Their sum equals the sum over all tasks.
CREATE TABLE token(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  task INTEGER NOT NULL REFERENCES task(seq),
  prompt INTEGER NOT NULL,
  completion INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  requests_failed INTEGER NOT NULL
);
CREATE INDEX token_by_time ON token(at, prompt, completion, requests, requests_failed);

-- A training's curve: at least one of the two of each step.
CREATE TABLE loss(
  task INTEGER NOT NULL REFERENCES task(seq),
  step INTEGER NOT NULL,
  training REAL,
  held_out REAL,
  at INTEGER NOT NULL,
  PRIMARY KEY(task, step)
) WITHOUT ROWID;

-- Processor time, of workers that compute without a GPU.
ALTER TABLE session ADD COLUMN cpu_ns INTEGER NOT NULL DEFAULT 0;
DROP INDEX session_by_task;
CREATE INDEX session_by_task ON session(task, gpu_ns, energy_uj, estimated, cpu_ns);
ALTER TABLE meter ADD COLUMN cpu_ns INTEGER NOT NULL DEFAULT 0;
DROP INDEX meter_by_time;
CREATE INDEX meter_by_time ON meter(at, gpu_ns, energy_uj, estimated, cpu_ns);

ALTER TABLE entry ADD COLUMN cpu_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN prompt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN completion INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN requests_failed INTEGER NOT NULL DEFAULT 0;
)sql";

}  // namespace lull::ledger::migrations
