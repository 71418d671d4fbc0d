/** "Lthe": tells a file of Lethe from other files of SQLite. */
export const APPLICATION_ID = 0x4c746865;
/** Grows with every change of the tables that an older version of Lethe could not work with. */
export const FORMAT = 1;

/**
 * The tables. Vectors lie apart from what is known of them, so that moving a class touches no vector. Records lie under one
 * number for topic, partition and offset (see `diskStorage.ts`), so that those of a partition lie side by side in their order.
 */
export const TABLES = `
CREATE TABLE single (name TEXT PRIMARY KEY, value);
CREATE TABLE vector (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, database TEXT NOT NULL, class TEXT NOT NULL, task TEXT NOT NULL, subject TEXT
) STRICT;
CREATE INDEX vector_class ON vector (class, database);
CREATE TABLE embedding (n INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
CREATE TABLE withdrawn (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE class (seen INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL, centroid BLOB) STRICT;
CREATE TABLE task (seen INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, record TEXT NOT NULL) STRICT;
CREATE TABLE receipt (id TEXT PRIMARY KEY, receipt TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE refused (
  task TEXT NOT NULL, id TEXT NOT NULL, position TEXT NOT NULL, PRIMARY KEY (task, id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX refused_id ON refused (id);
CREATE TABLE holder (id TEXT PRIMARY KEY, holder TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE gone (id TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE topic (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL) STRICT;
CREATE TABLE extent (
  topic INTEGER NOT NULL, partition INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE record (
  key INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, bytes INTEGER NOT NULL, written REAL NOT NULL, record_key TEXT,
  headers TEXT NOT NULL, value BLOB NOT NULL
) STRICT;
CREATE TABLE position (
  reader TEXT NOT NULL, topic INTEGER NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL, settled TEXT NOT NULL,
  PRIMARY KEY (reader, topic, partition)
) STRICT, WITHOUT ROWID;
`;
