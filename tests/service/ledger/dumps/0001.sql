-- A ledger of version 1, as Lull 0.1.0 left it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO task VALUES(1,'t-done','task t-done','spirv',0,6,1.0,1,3,1700000000000,1700000000020,1700000060000,0,0,'','','Radeon 780M');
INSERT INTO task VALUES(2,'t-failed','task t-failed','spirv',0,7,0.0,1,3,1700000000001,0,1700000061000,0,1,'The task itself is faulty.','OpEntryPoint missing','');
INSERT INTO task VALUES(3,'t-waits','task t-waits','spirv',0,3,0.25,1,3,1700000000002,1700000062000,0,0,0,'','','');
CREATE TABLE task_spec(
  task INTEGER PRIMARY KEY REFERENCES task(seq),
  spec BLOB NOT NULL
);
INSERT INTO task_spec VALUES(1,X'0a0b7461736b20742d646f6e65');
INSERT INTO task_spec VALUES(2,X'0a0d7461736b20742d6661696c6564');
INSERT INTO task_spec VALUES(3,X'0a0c7461736b20742d776169747352440a42124061616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161');
CREATE TABLE task_event(
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES task(seq),
  at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  text TEXT NOT NULL
);
INSERT INTO task_event VALUES(1,1,1700000000000,1,'Submitted');
INSERT INTO task_event VALUES(2,1,1700000000010,2,'TASK_STATE_STARTING');
INSERT INTO task_event VALUES(3,1,1700000000020,3,'TASK_STATE_RUNNING');
INSERT INTO task_event VALUES(4,1,1700000060000,6,'Done');
INSERT INTO task_event VALUES(5,2,1700000000001,1,'Submitted');
INSERT INTO task_event VALUES(6,2,1700000061000,7,'TASK_STATE_FAILED');
INSERT INTO task_event VALUES(7,3,1700000000002,1,'Submitted');
INSERT INTO task_event VALUES(8,3,1700000062000,3,'TASK_STATE_RUNNING');
CREATE TABLE output(
  task INTEGER NOT NULL REFERENCES task(seq),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY(task, position)
) WITHOUT ROWID;
INSERT INTO output VALUES(1,0,'image.png',123,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
CREATE TABLE blob_ref(
  task INTEGER NOT NULL REFERENCES task(seq),
  sha256 TEXT NOT NULL,
  PRIMARY KEY(task, sha256)
) WITHOUT ROWID;
INSERT INTO blob_ref VALUES(3,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
CREATE TABLE session(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  task INTEGER NOT NULL REFERENCES task(seq),
  gpu_ns INTEGER NOT NULL,
  energy_uj INTEGER NOT NULL,
  estimated INTEGER NOT NULL
);
INSERT INTO session VALUES(1,'s-done',1,1800000000000,1800000000,0);
CREATE TABLE meter(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  session INTEGER NOT NULL REFERENCES session(id),
  gpu_ns INTEGER NOT NULL,
  energy_uj INTEGER NOT NULL,
  estimated INTEGER NOT NULL
);
INSERT INTO meter VALUES(1,1700000030000,1,900000000000,900000000,0);
INSERT INTO meter VALUES(2,1700000060000,1,900000000000,900000000,0);
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
INSERT INTO entry VALUES(1,1700000060000,1,1,'task t-done',500000,1800000000000,1800000000,0,NULL,NULL,NULL,NULL);
INSERT INTO entry VALUES(2,1700000061000,3,2,'task t-failed: The task itself is faulty.',0,0,0,0,NULL,NULL,NULL,NULL);
INSERT INTO entry VALUES(3,1700000063000,2,NULL,'The GPU was given back after 4.5 ms',0,0,0,0,2.25,4.5,-1.0,'input');
CREATE TABLE temperature(
  minute INTEGER PRIMARY KEY,
  celsius REAL NOT NULL
);
INSERT INTO temperature VALUES(28333333,61.5);
CREATE TABLE wish(
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO wish VALUES('pause','-1');
CREATE INDEX task_by_state ON task(state, seq);
CREATE INDEX task_event_by_task ON task_event(task, id);
CREATE INDEX session_by_task ON session(task, gpu_ns, energy_uj, estimated);
CREATE INDEX meter_by_time ON meter(at, gpu_ns, energy_uj, estimated);
CREATE INDEX entry_by_time ON entry(kind, at, micro_credits, drained_ms);
CREATE UNIQUE INDEX entry_credited_once ON entry(task) WHERE kind = 1;
COMMIT;
PRAGMA user_version=1;
