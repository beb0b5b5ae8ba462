/* A JSON text made, parsed into a tree, walked, written again. */
#include <stdlib.h>
#include "../bench.h"

#ifndef ROUNDS
#define ROUNDS 40
#endif

enum kind { NUL, FALSE_, TRUE_, NUMBER, STRING, ARRAY, OBJECT };
struct node {
  enum kind kind;
  uint32_t length; /* of the string */
  const char *key, *string;
  uint32_t key_length;
  double number;
  struct node *first, *next;
};

static const char *at;
static char *out;
static char *strings;
static struct node *pool;
static size_t pool_used;

static void skip_space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static void parse_string(const char **text, uint32_t *length) {
  char *start = strings;
  for (at++; *at != '"';) {
    char c = *at++;
    if (c == '\\') {
      c = *at++;
      switch (c) {
        case 'n': c = '\n'; break;
        case 't': c = '\t'; break;
        case 'r': c = '\r'; break;
        case 'b': c = '\b'; break;
        case 'f': c = '\f'; break;
        case 'u': {
          uint32_t code = 0;
          for (int i = 0; i < 4; i++, at++) code = code * 16 + (uint32_t)(*at <= '9' ? *at - '0' : (*at | 32) - 'a' + 10);
          if (code >= 0x800) *strings++ = (char)(0xe0 | code >> 12), *strings++ = (char)(0x80 | (code >> 6 & 63));
          else if (code >= 0x80) *strings++ = (char)(0xc0 | code >> 6);
          c = (char)(code >= 0x80 ? 0x80 | (code & 63) : code);
          break;
        }
      }
    }
    *strings++ = c;
  }
  at++;
  *text = start;
  *length = (uint32_t)(strings - start);
}

static double parse_number(void) {
  int negative = *at == '-', exponent = 0;
  if (negative) at++;
  double value = 0;
  while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
  if (*at == '.')
    for (at++; *at >= '0' && *at <= '9'; exponent--) value = value * 10 + (*at++ - '0');
  if ((*at | 32) == 'e') {
    at++;
    int minus = *at == '-', power = 0;
    if (*at == '-' || *at == '+') at++;
    while (*at >= '0' && *at <= '9') power = power * 10 + (*at++ - '0');
    exponent += minus ? -power : power;
  }
  for (; exponent > 0; exponent--) value *= 10;
  for (; exponent < 0; exponent++) value /= 10;
  return negative ? -value : value;
}

static struct node *parse_value(void) {
  struct node *node = &pool[pool_used++];
  node->first = node->next = NULL;
  node->key = NULL;
  skip_space();
  switch (*at) {
    case 'n': node->kind = NUL, at += 4; break;
    case 't': node->kind = TRUE_, at += 4; break;
    case 'f': node->kind = FALSE_, at += 5; break;
    case '"': node->kind = STRING, parse_string(&node->string, &node->length); break;
    case '[':
    case '{': {
      int object = *at == '{';
      char close = object ? '}' : ']';
      node->kind = object ? OBJECT : ARRAY;
      at++;
      struct node **link = &node->first;
      for (skip_space(); *at != close; skip_space()) {
        if (*at == ',') at++;
        const char *key = NULL;
        uint32_t key_length = 0;
        if (object) {
          skip_space();
          parse_string(&key, &key_length);
          skip_space();
          at++;
        }
        struct node *child = parse_value();
        child->key = key;
        child->key_length = key_length;
        *link = child;
        link = &child->next;
      }
      at++;
      break;
    }
    default: node->kind = NUMBER, node->number = parse_number();
  }
  return node;
}

static void put(const char *text) {
  while (*text) *out++ = *text++;
}

static void put_uint(uint64_t value) {
  char digits[20];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  while (count > 0) *out++ = digits[--count];
}

static void put_string(const char *text, uint32_t length) {
  *out++ = '"';
  for (uint32_t i = 0; i < length; i++) {
    char c = text[i];
    if (c == '"' || c == '\\') *out++ = '\\', *out++ = c;
    else if (c == '\n') *out++ = '\\', *out++ = 'n';
    else if ((uint8_t)c < 32) {
      put("\\u00");
      *out++ = "0123456789abcdef"[c >> 4], *out++ = "0123456789abcdef"[c & 15];
    } else *out++ = c;
  }
  *out++ = '"';
}

static void put_value(const struct node *node) {
  switch (node->kind) {
    case NUL: put("null"); break;
    case TRUE_: put("true"); break;
    case FALSE_: put("false"); break;
    case STRING: put_string(node->string, node->length); break;
    case NUMBER: {
      double value = node->number;
      if (value < 0) *out++ = '-', value = -value;
      put_uint((uint64_t)value);
      uint32_t thousandths = (uint32_t)((value - (double)(uint64_t)value) * 1000 + 0.5);
      if (thousandths) *out++ = '.', put_uint(thousandths);
      break;
    }
    default:
      *out++ = node->kind == OBJECT ? '{' : '[';
      for (const struct node *child = node->first; child; child = child->next) {
        if (child != node->first) *out++ = ',';
        if (child->key) put_string(child->key, child->key_length), *out++ = ':';
        put_value(child);
      }
      *out++ = node->kind == OBJECT ? '}' : ']';
  }
}

static double total(const struct node *node) {
  double sum = node->kind == NUMBER ? node->number : node->kind == STRING ? node->length : 0;
  if (node->key && node->key_length == 5 && memcmp(node->key, "price", 5) == 0) sum *= 2;
  for (const struct node *child = node->first; child; child = child->next) sum += total(child);
  return sum;
}

static void make(int records) {
  put("[\n");
  for (int i = 0; i < records; i++) {
    if (i) put(",\n");
    put("  {\"id\": "), put_uint(random_u32());
    put(", \"name\": \"item\\u00e9 "), put_uint(random_u32() % 5000);
    put("\\n\", \"price\": "), put_uint(random_u32() % 1000), put("."), put_uint(random_u32() % 90 + 10);
    put(", \"tags\": [\"red\", \"green\\t\", \"a somewhat longer text in a string\", null, true, false], \"size\": {\"w\": ");
    put_uint(random_u32() % 99), put(", \"h\": -"), put_uint(random_u32() % 99), put(".5e2}, \"empty\": {}, \"list\": [");
    for (uint32_t n = random_u32() % 12, k = 0; k < n; k++) {
      if (k) put(", ");
      put_uint(random_u32() >> (random_u32() % 24));
    }
    put("]}");
  }
  put("\n]\n");
  *out = 0;
}

int main(void) {
  title("json 5000 records, " TEXT(ROUNDS) " rounds");
  char *text = malloc(3 << 20), *copy = malloc(3 << 20), *string_space = malloc(2 << 20);
  pool = malloc(200000 * sizeof *pool);
  out = text;
  make(5000);
  start_clock();
  for (int round = 0; round < ROUNDS; round++) {
    at = text;
    pool_used = 0;
    strings = string_space;
    struct node *root = parse_value();
    mix(pool_used);
    mix_double(total(root));
    out = copy;
    put_value(root);
    *out = 0;
    mix((uint64_t)(out - copy));
    if (round == 0) mix_bytes(copy, (size_t)(out - copy));
    char *swap = text;
    if (round < 2) text = copy, copy = swap;
  }
  stop_clock();
  return report();
}
