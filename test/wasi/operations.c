/*
 * Does random things to files beneath the folder `inner`, and prints the result of each. A program compiled
 * for WebAssembly must print the same as one compiled for the host, except for which error it was.
 *
 *     operations SEED COUNT
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A linear congruential generator, as in Numerical Recipes. */
static unsigned state;

static int random_below(int limit) {
  state = state * 1664525u + 1013904223u;
  return (int)(((unsigned long long)state * (unsigned)limit) >> 32);
}

static int one_in(int count) { return random_below(count) == 0; }

/* POSIX' pwrite, even if the file is open to append: Linux' appends there, see "BUGS" in pwrite(2). */
static int write_at(int file, const void *buffer, size_t length, off_t offset) {
#ifdef __wasi__
  return pwrite(file, buffer, length, offset);
#else
  int flags = fcntl(file, F_GETFL);
  fcntl(file, F_SETFL, flags & ~O_APPEND);
  int written = pwrite(file, buffer, length, offset);
  fcntl(file, F_SETFL, flags);
  return written;
#endif
}

/*
 * With `..`, `.`, slashes in odd places, names of files used as folders, and links: `l` and `m` usually are
 * links.
 */
static const char *const names[] = {"a",   "b",     "c",      "a/b",      "a/c",  "b/c",  "a/b/c", "a/",    "b/", "a/b/",
                                    "./a", "a/.",   "a/../b", "a/b/../c", "l",    "l/",   "l/b",   "m",     "m/", "a/l",
                                    "c/..", "b/./c", "a//b",   "d",        "d/e",  ".",    "./",    "x/y/z", "..", "../inner/a"};
/*
 * `../inner/a` leads to `a` from `inner`, and nowhere from elsewhere: the host would follow it out of the
 * folder.
 */
static const char *const targets[] = {"a", "b", "a/b", "../inner/a", "l", "m", "c/", "."};

static const char *random_path(void) {
  static char paths[2][64];
  static int next;
  char *path = paths[next++ % 2];
  /* Mostly the simple names, which come first. */
  int count = one_in(2) ? 7 : (int)(sizeof names / sizeof *names);
  snprintf(path, sizeof paths[0], "inner/%s", names[random_below(count)]);
  return path;
}

enum { file_count = 8 };
static int files[file_count];

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char kind(const struct stat *status) {
  return S_ISDIR(status->st_mode) ? 'd' : S_ISLNK(status->st_mode) ? 'l' : 'f';
}

static void print_tree(const char *path) {
  enum { most = 200 };
  char *entries[most];
  int count = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) return (void)printf("  %s cannot be listed\n", path);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL && count < most;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) entries[count++] = strdup(entry->d_name);
  }
  closedir(directory);
  qsort(entries, (size_t)count, sizeof *entries, compare);
  for (int k = 0; k < count; k++) {
    char child[600], target[200];
    struct stat status;
    snprintf(child, sizeof child, "%s/%s", path, entries[k]);
    free(entries[k]);
    if (lstat(child, &status) != 0) {
      printf("  %s is not there\n", child);
      continue;
    }
    printf("  %c %s", kind(&status), child);
    if (S_ISREG(status.st_mode)) printf(" %lld bytes, %d links", (long long)status.st_size, (int)status.st_nlink);
    if (S_ISLNK(status.st_mode)) {
      int length = (int)readlink(child, target, sizeof target);
      printf(" -> %.*s", length < 0 ? 0 : length, target);
    }
    putchar('\n');
    if (S_ISDIR(status.st_mode)) print_tree(child);
  }
}

static long long open_file(int *file, const char *path) {
  static const int accesses[] = {O_RDONLY, O_WRONLY, O_RDWR};
  int access = random_below(3);
  int creates = one_in(2), exclusive = one_in(4) && creates, truncates = one_in(4) && access != 0;
  int appends = one_in(4), nofollow = one_in(4), directory = one_in(6) && !creates;
  if (*file >= 0) close(*file);
  *file = open(path,
               accesses[access] | (creates ? O_CREAT : 0) | (exclusive ? O_EXCL : 0) | (truncates ? O_TRUNC : 0) |
                   (appends ? O_APPEND : 0) | (nofollow ? O_NOFOLLOW : 0) | (directory ? O_DIRECTORY : 0),
               0666);
  printf("open %s %d%s%s%s%s%s%s", path, access, creates ? " create" : "", exclusive ? " exclusive" : "",
         truncates ? " truncate" : "", appends ? " append" : "", nofollow ? " nofollow" : "",
         directory ? " directory" : "");
  return *file < 0 ? -1 : 0;
}

static void print_read(const char *buffer, long long length) {
  for (long long k = 0; k < length; k++) putchar(buffer[k] == 0 ? '0' : buffer[k]);
}

/* Does one thing, and prints what it is. Returns its result, or -1. */
static long long operate(void) {
  const char *path = random_path(), *other = random_path();
  int *file = &files[random_below(file_count)];
  char buffer[100];
  int length = random_below(64), offset = random_below(200);
  struct stat status;
  long long result = 0;
  printf("file %d ", (int)(file - files));
  switch (random_below(20)) {
    case 0:
    case 1:
    case 2:
      return open_file(file, path);
    case 18:
    case 19:
      printf("make directory %s", path);
      return mkdir(path, 0777);
    case 3:
      memset(buffer, 'a' + random_below(26), sizeof buffer);
      printf("write %d", length);
      return write(*file, buffer, (size_t)length);
    case 4:
      result = read(*file, buffer, (size_t)length);
      printf("read %d ", length);
      print_read(buffer, result);
      return result;
    case 5: {
      static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
      int whence = random_below(3);
      /* Positions in directories depend on the file system. */
      if (*file < 0 || fstat(*file, &status) != 0 || S_ISDIR(status.st_mode)) return -1;
      printf("seek %d %d", offset - 50, whence);
      return lseek(*file, offset - 50, whences[whence]);
    }
    case 6:
      printf("truncate to %d", offset);
      return ftruncate(*file, offset);
    case 7:
      printf("remove directory %s", path);
      return rmdir(path);
    case 9:
      printf("unlink %s", path);
      return unlink(path);
    case 10:
    case 11:
      printf("rename %s %s", path, other);
      return rename(path, other);
    case 12:
      printf("link %s %s", path, other);
      return link(path, other);
    case 13: {
      const char *target = targets[random_below(sizeof targets / sizeof *targets)];
      printf("symlink %s %s", target, path);
      return symlink(target, path);
    }
    case 14:
      result = readlink(path, buffer, (size_t)length + 1);
      printf("readlink %s %d ", path, length + 1);
      print_read(buffer, result);
      return result;
    case 15: {
      int follow = one_in(2);
      result = follow ? stat(path, &status) : lstat(path, &status);
      printf("%s %s", follow ? "stat" : "lstat", path);
      if (result == 0) printf(" %c %lld", kind(&status), S_ISREG(status.st_mode) ? (long long)status.st_size : 0);
      return result;
    }
    case 16:
      if (one_in(2)) {
        memset(buffer, 'A' + random_below(26), sizeof buffer);
        printf("write 20 at %d", offset);
        return write_at(*file, buffer, 20, offset);
      }
      result = pread(*file, buffer, 20, offset);
      printf("read 20 at %d ", offset);
      print_read(buffer, result);
      return result;
    default: {
      struct timespec times[2] = {{1000, 5}, {2000 + random_below(100), 7}};
      int flags = one_in(2) ? AT_SYMLINK_NOFOLLOW : 0;
      result = utimensat(AT_FDCWD, path, times, flags);
      printf("set times %s %d", path, flags != 0);
      if (result == 0 && (flags ? lstat(path, &status) : stat(path, &status)) == 0) {
        printf(" %lld.%ld", (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
      }
      return result;
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  state = (unsigned)atoi(argv[1]);
  for (int k = 0; k < file_count; k++) files[k] = -1;
  mkdir("inner", 0777);
  for (int k = 0; k < atoi(argv[2]); k++) {
    long long result = operate();
    printf(" = %lld\n", result < 0 ? -1 : result);
    if (k % 50 == 49) print_tree(".");
  }
  print_tree(".");
  return 0;
}
