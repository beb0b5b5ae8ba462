/*
 * Uses files and directories as C programs do, through wasi-libc, and prints what it finds. Its argument is
 * the directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *root;

static const char *at(const char *name) {
  static char paths[4][300];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, 300, "%s/%s", root, name);
  return path;
}

static const char *failure(int result) { return result < 0 ? strerror(errno) : "no error"; }

static int count(const char *name) {
  DIR *directory = opendir(at(name));
  int entries = 0;
  if (directory == NULL) return -1;
  while (readdir(directory) != NULL) entries++;
  closedir(directory);
  return entries;
}

int main(int argc, char **argv) {
  char text[64] = "";
  struct stat status;
  root = argc > 1 ? argv[1] : "/";

  FILE *file = fopen(at("first"), "w");
  if (file == NULL) {
    printf("fopen: %s\n", strerror(errno));
    return 1;
  }
  fprintf(file, "line %d\n", 1);
  fclose(file);
  file = fopen(at("first"), "a+");
  fputs("line 2\n", file);
  rewind(file);
  while (fgets(text, sizeof text, file) != NULL) printf("read %s", text);
  fclose(file);

  printf("mkdir: %s\n", failure(mkdir(at("sub"), 0777)));
  printf("mkdir: %s\n", failure(mkdir(at("sub"), 0777)));
  printf("rename: %s\n", failure(rename(at("first"), at("sub/moved"))));
  printf("open: %s\n", failure(open(at("first"), O_RDONLY)));
  printf("symlink: %s\n", failure(symlink("sub/moved", at("link"))));
  printf("link: %s\n", failure(link(at("sub/moved"), at("hard"))));
  stat(at("link"), &status);
  printf("size %d, links %d, file %d\n", (int)status.st_size, (int)status.st_nlink, S_ISREG(status.st_mode));
  lstat(at("link"), &status);
  printf("link %d\n", S_ISLNK(status.st_mode));
  ssize_t length = readlink(at("link"), text, sizeof text);
  printf("to %.*s\n", (int)length, text);

  for (int k = 0; k < 500; k++) {
    char name[32];
    snprintf(name, sizeof name, "sub/file-%d", k);
    int fd = open(at(name), O_CREAT | O_EXCL | O_WRONLY, 0666);
    if (fd < 0 || write(fd, name, strlen(name)) < 0) printf("%s: %s\n", name, strerror(errno));
    close(fd);
  }
  printf("entries %d %d\n", count("."), count("sub"));
  for (int k = 0; k < 500; k++) {
    char name[32];
    snprintf(name, sizeof name, "sub/file-%d", k);
    if (unlink(at(name)) != 0) printf("%s: %s\n", name, strerror(errno));
  }
  printf("entries %d\n", count("sub"));
  printf("rmdir: %s\n", failure(rmdir(at("sub"))));
  printf("unlink: %s\n", failure(unlink(at("sub"))));

  int fd = open(at("large"), O_CREAT | O_RDWR, 0666);
  printf("pwrite %d\n", (int)pwrite(fd, "end", 3, 5LL << 30));
  printf("at %lld\n", (long long)lseek(fd, -3, SEEK_END));
  printf("read %d\n", (int)read(fd, text, 10));
  printf("ftruncate: %s\n", failure(ftruncate(fd, 10)));
  struct pollfd wait = {.fd = fd, .events = POLLIN | POLLOUT};
  printf("poll %d\n", poll(&wait, 1, 1000));
  fstat(fd, &status);
  printf("size %lld\n", (long long)status.st_size);
  close(fd);
  struct timespec times[2] = {{.tv_sec = 1, .tv_nsec = 5}, {.tv_sec = 2, .tv_nsec = 7}};
  printf("utimensat: %s\n", failure(utimensat(AT_FDCWD, at("hard"), times, 0)));
  stat(at("hard"), &status);
  printf("mtime %lld.%09ld\n", (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);

  printf("outside: %s\n", failure(open(at("../../etc/passwd"), O_RDONLY)));
  printf("outside: %s\n", failure(open("/etc/passwd", O_RDONLY)));
  printf("unlink: %s\n", failure(unlink(at("hard"))));
  printf("unlink: %s\n", failure(unlink(at("link"))));
  printf("unlink: %s\n", failure(unlink(at("large"))));
  printf("unlink: %s\n", failure(unlink(at("sub/moved"))));
  printf("rmdir: %s\n", failure(rmdir(at("sub"))));
  return 0;
}
