// Renames a word everywhere in a tree of files: in the contents of text files, in the names of files and
// directories, and in the targets of symbolic links, which are not followed. Empty directories are removed. A
// file is replaced atomically by its new version, which keeps the old one's times; the old one is copied to
// the directory BACKUP.
//
//     upshift run --dir project::/project --dir /tmp/old::/old rename-word.wasm /project colour color /old
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** The end of the names of incomplete files. */
#define UNFINISHED ".unfinished"

static const char *old_word, *new_word;
/** NULL if no copies are wanted. */
static const char *backup;
/** Length of the tree's own path, which starts all paths and is not printed. */
static size_t root_length;
static struct {
  int files, directories, links, words, rewritten, renamed, removed;
} total;

static void fail(const char *path) {
  fflush(stdout);
  fprintf(stderr, "rename-word: %s: %s\n", path, strerror(errno));
  exit(1);
}

static char *text(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *result;
  if (vasprintf(&result, format, arguments) < 0) fail(format);
  va_end(arguments);
  return result;
}

static int in_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/** Writes `length` bytes with the word renamed to `to`, which may be NULL, and returns their new number. */
static size_t rename_word(const char *from, size_t length, char *to, int *words) {
  size_t old_length = strlen(old_word), new_length = strlen(new_word), size = 0;
  *words = 0;
  for (size_t i = 0; i < length;) {
    int here = (i == 0 || !in_word(from[i - 1])) && length - i >= old_length &&
               memcmp(from + i, old_word, old_length) == 0 &&
               (i + old_length == length || !in_word(from[i + old_length]));
    const char *bytes = here ? new_word : from + i;
    size_t count = here ? new_length : 1;
    if (to != NULL) memcpy(to + size, bytes, count);
    size += count;
    i += here ? old_length : 1;
    *words += here;
  }
  return size;
}

/** The same for a name; NULL if it does not contain the word. */
static char *renamed(const char *name) {
  int words;
  size_t size = rename_word(name, strlen(name), NULL, &words);
  if (words == 0) return NULL;
  char *result = calloc(size + 1, 1);
  rename_word(name, strlen(name), result, &words);
  return result;
}

static char *read_file(const char *path, size_t *size) {
  int fd = open(path, O_RDONLY | O_NOFOLLOW);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) fail(path);
  char *bytes = malloc(status.st_size + 1);
  *size = 0;
  for (ssize_t count; (count = read(fd, bytes + *size, status.st_size - *size)) != 0; *size += count) {
    if (count < 0) fail(path);
  }
  close(fd);
  return bytes;
}

/** Writes a file completely or not at all, even if the machine stops meanwhile. */
static void write_file(const char *path, const char *bytes, size_t size, const struct stat *like) {
  char *unfinished = text("%s" UNFINISHED, path);
  int fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (fd < 0) fail(unfinished);
  for (size_t done = 0; done < size;) {
    ssize_t count = write(fd, bytes + done, size - done);
    if (count < 0) fail(unfinished);
    done += count;
  }
  if (fsync(fd) != 0 || close(fd) != 0) fail(unfinished);
  struct timespec times[2] = {like->st_atim, like->st_mtim};
  if (utimensat(AT_FDCWD, unfinished, times, 0) != 0) fail(unfinished);
  if (rename(unfinished, path) != 0) fail(path);
  free(unfinished);
}

/** Copies a file of the tree to the same place below the backup directory. */
static void keep(const char *path, const char *bytes, size_t size, const struct stat *status) {
  if (backup == NULL) return;
  char *copy = text("%s%s", backup, path + root_length);
  for (char *slash = copy + strlen(backup); (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
    *slash = 0;
    if (mkdir(copy, 0777) != 0 && errno != EEXIST) fail(copy);
  }
  write_file(copy, bytes, size, status);
  free(copy);
}

static void visit_file(const char *path, const struct stat *status) {
  total.files++;
  size_t size;
  char *bytes = read_file(path, &size);
  int words = 0;
  // A file that contains a zero byte is not text.
  size_t new_size = memchr(bytes, 0, size) == NULL ? rename_word(bytes, size, NULL, &words) : 0;
  if (words > 0) {
    keep(path, bytes, size, status);
    char *new_bytes = malloc(new_size);
    rename_word(bytes, size, new_bytes, &words);
    write_file(path, new_bytes, new_size, status);
    free(new_bytes);
    total.words += words;
    total.rewritten++;
    printf("%s: %d\n", path + root_length + 1, words);
  }
  free(bytes);
}

static void visit_link(const char *path) {
  total.links++;
  char target[4096];
  ssize_t length = readlink(path, target, sizeof target - 1);
  if (length < 0) fail(path);
  target[length] = 0;
  char *new_target = renamed(target);
  if (new_target == NULL) return;
  char *unfinished = text("%s" UNFINISHED, path);
  if (symlink(new_target, unfinished) != 0) fail(unfinished);
  if (rename(unfinished, path) != 0) fail(path);
  printf("%s -> %s\n", path + root_length + 1, new_target);
  total.rewritten++;
  free(unfinished);
  free(new_target);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

/** The names in a directory, sorted, because their order differs between systems. */
static char **read_directory(const char *path, size_t *count) {
  DIR *directory = opendir(path);
  if (directory == NULL) fail(path);
  char **names = NULL;
  *count = 0;
  struct dirent *entry;
  while (errno = 0, (entry = readdir(directory)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    names = realloc(names, (*count + 1) * sizeof *names);
    names[(*count)++] = strdup(entry->d_name);
  }
  if (errno != 0) fail(path);
  closedir(directory);
  qsort(names, *count, sizeof *names, by_name);
  return names;
}

/** Returns how many entries are left. */
static size_t visit_directory(const char *path) {
  total.directories++;
  size_t count, left = 0;
  char **names = read_directory(path, &count);
  for (size_t i = 0; i < count; i++) {
    char *name = names[i], *entry = text("%s/%s", path, name);
    size_t length = strlen(name), end = strlen(UNFINISHED);
    struct stat status;
    if (lstat(entry, &status) != 0) fail(entry);
    int stays = 1;
    if (length > end && strcmp(name + length - end, UNFINISHED) == 0 && !S_ISDIR(status.st_mode)) {
      // Left over from an interrupted run.
      if (unlink(entry) != 0) fail(entry);
      stays = 0;
    } else if (S_ISDIR(status.st_mode)) {
      stays = visit_directory(entry) > 0;
      if (!stays && rmdir(entry) != 0) fail(entry);
    } else if (S_ISLNK(status.st_mode)) {
      visit_link(entry);
    } else if (S_ISREG(status.st_mode)) {
      visit_file(entry, &status);
    }
    char *new_name = stays ? renamed(name) : NULL;
    if (new_name != NULL) {
      char *new_entry = text("%s/%s", path, new_name);
      struct stat other;
      if (lstat(new_entry, &other) == 0) errno = EEXIST;
      if (errno != ENOENT || rename(entry, new_entry) != 0) fail(new_entry);
      printf("%s => %s\n", entry + root_length + 1, new_name);
      total.renamed++;
      free(new_entry);
    }
    if (!stays) printf("%s removed\n", entry + root_length + 1);
    total.removed += !stays;
    left += stays;
    free(new_name);
    free(entry);
    free(name);
  }
  free(names);
  return left;
}

int main(int argc, char **argv) {
  if (argc < 4 || argc > 5 || *argv[2] == 0) {
    fprintf(stderr, "usage: rename-word DIRECTORY OLD NEW [BACKUP]\n");
    return 2;
  }
  root_length = strlen(argv[1]);
  while (root_length > 1 && argv[1][root_length - 1] == '/') argv[1][--root_length] = 0;
  old_word = argv[2];
  new_word = argv[3];
  backup = argv[4];
  visit_directory(argv[1]);
  printf("%d directories, %d files, %d links: ", total.directories, total.files, total.links);
  printf("%d words in %d of them, %d renamed, %d removed\n", total.words, total.rewritten, total.renamed,
         total.removed);
  return 0;
}
