// What SQLite needs of POSIX that wasi-libc does not have; included before everything else (`-include`). A
// WASI program has one user, no file modes, and shares its files with nobody, so locks are always available.
#ifndef POSIX_ON_WASI_H
#define POSIX_ON_WASI_H

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define F_GETLK 5
#define F_SETLK 6
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

static inline int fcntl_with_locks(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  int result = 0;
  if (command == F_GETLK) {
    va_arg(arguments, struct flock *)->l_type = F_UNLCK;
  } else if (command == F_SETFL) {
    result = fcntl(fd, command, va_arg(arguments, int));
  } else if (command != F_SETLK) {
    result = fcntl(fd, command);
  }
  va_end(arguments);
  return result;
}
#define fcntl fcntl_with_locks

static inline int chmod(const char *path, mode_t mode) { return 0; }
static inline int fchmod(int fd, mode_t mode) { return 0; }
static inline int fchown(int fd, uid_t user, gid_t group) { return 0; }
static inline uid_t getuid(void) { return 0; }
static inline uid_t geteuid(void) { return 0; }

#endif
