/*
 * To be loaded before everything else (LD_PRELOAD). Makes libLLVM fail as it does when memory runs out, or
 * when it detects an internal error. FAIL says how, and FAIL_AFTER at which of its allocations, counted from
 * when it was loaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);

static void *library;
static __thread int within;
static __thread long count;
static __thread int isRefused;

static const char *wanted = "";
static long after;

__attribute__((constructor)) static void read_wishes(void) {
  if (getenv("FAIL") != NULL) wanted = getenv("FAIL");
  if (getenv("FAIL_AFTER") != NULL) after = atol(getenv("FAIL_AFTER"));
}

static int is(const char *way) { return strcmp(wanted, way) == 0; }

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static long (*volatile overflow)(long);

static long recurse(long depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  return overflow(depth + 1) + frame[0];
}

/* Whether libLLVM, calling from this address, is to get no memory. May also fail in another way. */
static int fails(void *caller) {
  if (library == NULL || within) return 0;
  within = 1;
  Dl_info info;
  int hits = dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libLLVM");
  int now = hits && count++ >= after;
  if (now) {
    if (is("abort")) abort();
    if (is("fault")) *(volatile int *)0 = 1;
    if (is("overflow")) (overflow = recurse)(0);
    if (is("trap")) __builtin_trap();
    if (is("report")) {
      void (*report)(const char *, _Bool) = dlsym(library, "_ZN4llvm18report_fatal_errorEPKcb");
      report("cannot go on: a test", 1);
    }
    if (is("exit")) syscall(SYS_exit, 0);
  }
  within = 0;
  return now;
}

void *malloc(size_t size) {
  int refuse = fails(__builtin_return_address(0)) && is("malloc");
  if (refuse || isRefused) {
    isRefused = 0;
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}

/* operator new(size_t): throws std::bad_alloc if malloc fails. */
void *_Znwm(size_t size) {
  static void *(*next)(size_t);
  if (next == NULL) next = real("_Znwm");
  isRefused = fails(__builtin_return_address(0)) && is("new");
  return next(size);
}

void *dlopen(const char *path, int flags) {
  static void *(*next)(const char *, int);
  if (next == NULL) next = real("dlopen");
  void *handle = next(path, flags);
  if (handle != NULL && path != NULL && strstr(path, "libLLVM")) library = handle;
  return handle;
}

/* FAIL=thread: no thread with the stack size of Node's workers can be started. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (next == NULL) next = real("pthread_create");
  size_t size = 0;
  if (attributes != NULL) pthread_attr_getstacksize(attributes, &size);
  if (is("thread") && size == 4 << 20) return EAGAIN;
  return next(thread, attributes, start, argument);
}
