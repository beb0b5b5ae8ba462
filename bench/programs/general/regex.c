/*
 * A backtracking matcher of regular expressions (literals, classes, groups-free repetition, anchors) over
 * lines.
 */
#include <stdlib.h>
#include "../bench.h"

static int match_here(const char *pattern, const char *text);

/* Whether the pattern's first element matches c; `next` gets where the element ends. */
static int match_one(const char *pattern, int c, const char **next) {
  if (*pattern == '[') {
    int negated = pattern[1] == '^', inside = 0;
    const char *p = pattern + 1 + negated;
    do {
      if (p[1] == '-' && p[2] != ']') {
        inside |= c >= p[0] && c <= p[2];
        p += 3;
      } else {
        inside |= c == *p++;
      }
    } while (*p != ']');
    *next = p + 1;
    return c != 0 && inside != negated;
  }
  if (*pattern == '\\') {
    *next = pattern + 2;
    switch (pattern[1]) {
      case 'd': return c >= '0' && c <= '9';
      case 'w': return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      case 's': return c == ' ' || c == '\t';
      default: return c == pattern[1];
    }
  }
  *next = pattern + 1;
  return c != 0 && (*pattern == '.' || *pattern == c);
}

static NOINLINE int match_repeat(const char *element, const char *rest, const char *text, int least) {
  const char *end = text, *ignored;
  while (match_one(element, *end, &ignored)) end++;
  for (; end - text >= least; end--)
    if (match_here(rest, end)) return 1;
  return 0;
}

static NOINLINE int match_here(const char *pattern, const char *text) {
  for (;;) {
    if (*pattern == 0) return 1;
    if (*pattern == '$' && pattern[1] == 0) return *text == 0;
    const char *next;
    int matched = match_one(pattern, *text, &next);
    if (*next == '*') return match_repeat(pattern, next + 1, text, 0);
    if (*next == '+') return match_repeat(pattern, next + 1, text, 1);
    if (*next == '?') {
      if (matched && match_here(next + 1, text + 1)) return 1;
      pattern = next + 1;
      continue;
    }
    if (!matched) return 0;
    pattern = next;
    text++;
  }
}

static NOINLINE int match(const char *pattern, const char *text) {
  if (*pattern == '^') return match_here(pattern + 1, text);
  do
    if (match_here(pattern, text)) return 1;
  while (*text++);
  return 0;
}

int main(void) {
  title("regex 4000 lines, 10 patterns, 7 rounds");
  static const char *const patterns[] = {
      "error",           "^\\d+-\\d+",      "[a-z]+ing\\s",  "w.*k.*d",           "\\w+@\\w+\\.com$",
      "[^aeiou ][^aeiou ][^aeiou ]", "colou?r", "(.*\\).*$", "\\d\\d:\\d\\d:\\d\\d", "z*x+y?[0-9]+",
  };
  static const char *const words[] = {"error ", "walking ", "color ", "12:34:56 ", "2024-11 ", "me@there.com", "strength ",
                                      "walked ", "(note) ", "xx77 ", "colour ", "reading ", "zebra ", "unusual "};
  char(*lines)[128] = malloc(4000 * sizeof *lines);
  for (int i = 0; i < 4000; i++) {
    char *to = lines[i];
    for (uint32_t n = 2 + random_u32() % 8; n > 0; n--)
      for (const char *word = words[random_u32() % 14]; *word;) *to++ = *word++;
    *to = 0;
  }
  start_clock();
  for (int round = 0; round < 7; round++) {
    for (int p = 0; p < 10; p++) {
      uint32_t count = 0;
      for (int i = 0; i < 4000; i++) count += (uint32_t)match(patterns[p], lines[i]);
      mix(count);
    }
    lines[round][3] = 'z';
  }
  stop_clock();
  return report();
}
