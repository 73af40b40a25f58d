#include <sqlite3.h>

/// Leaves out SQLite's count of the memory it uses, which takes a lock with each allocation.
/// Swift can't call `sqlite3_config`, which takes any number of arguments. Has no effect once a
/// database is open.
static inline int plumbline_sqlite_without_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
