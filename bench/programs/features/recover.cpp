/*
 * A parser with error recovery by exceptions: a program of many small statements is parsed and evaluated, and
 * one statement in some twenty has an error, which is thrown where it is found, deep in an expression, and
 * caught by the loop over statements. Values that the parser holds meanwhile have destructors.
 */
extern "C" {
#include "../bench.h"
}
#include "cxx-exceptions.h"

#ifndef STATEMENTS
#define STATEMENTS 400000
#endif
#define TEXT_SIZE (1 << 20)
#define VARIABLES 26

struct ParseError {
  uint32_t position;
  uint32_t expected;
};
/* Errors of what the statements compute. */
struct ValueError {
  uint32_t position;
};
struct DivisionByZero : ValueError {
  int64_t dividend;
};

static char text[TEXT_SIZE];
static uint32_t textLength;

/* Counts how deep the parser is: a destructor that has to run. */
static uint32_t depth, deepest;
struct Scope {
  Scope() {
    if (++depth > deepest) deepest = depth;
  }
  ~Scope() { depth--; }
};

/* A value on the parser's own stack. */
static int64_t values[4096];
static uint32_t valueCount;
struct Held {
  uint32_t mark;
  explicit Held(int64_t value) : mark(valueCount) { values[valueCount++] = value; }
  ~Held() { valueCount = mark; }
  int64_t &operator*() { return values[mark]; }
};

class Parser {
  const char *at;
  const char *end;
  int64_t variables[VARIABLES] = {};

  uint32_t position() const { return static_cast<uint32_t>(at - text); }

  [[noreturn]] NOINLINE void fail(char expected) {
    throw ParseError{position(), static_cast<uint32_t>(expected)};
  }

  char peek() {
    while (at < end && *at == ' ') at++;
    return at < end ? *at : '\0';
  }

  void expect(char token) {
    if (peek() != token) fail(token);
    at++;
  }

  NOINLINE int64_t divide(int64_t a, int64_t b) {
    if (b == 0) {
      DivisionByZero error;
      error.position = position();
      error.dividend = a;
      throw error;
    }
    return b == -1 ? static_cast<int64_t>(0 - static_cast<uint64_t>(a)) : a / b;
  }

  NOINLINE int64_t primary() {
    Scope scope;
    char token = peek();
    if (token >= '0' && token <= '9') {
      uint64_t value = 0;
      for (; *at >= '0' && *at <= '9'; at++) value = 10 * value + static_cast<uint64_t>(*at - '0');
      return static_cast<int64_t>(value);
    }
    if (token >= 'a' && token <= 'z') {
      at++;
      return variables[token - 'a'];
    }
    if (token == '-') {
      at++;
      return static_cast<int64_t>(0 - static_cast<uint64_t>(primary()));
    }
    expect('(');
    int64_t value = expression();
    expect(')');
    return value;
  }

  NOINLINE int64_t product() {
    Held value(primary());
    for (;;) {
      char token = peek();
      if (token != '*' && token != '/') return *value;
      at++;
      int64_t other = primary();
      *value = token == '*' ? static_cast<int64_t>(static_cast<uint64_t>(*value) * static_cast<uint64_t>(other))
                            : divide(*value, other);
    }
  }

  NOINLINE int64_t expression() {
    Held value(product());
    for (;;) {
      char token = peek();
      if (token != '+' && token != '-') return *value;
      at++;
      uint64_t other = static_cast<uint64_t>(product());
      uint64_t sum = static_cast<uint64_t>(*value);
      *value = static_cast<int64_t>(token == '+' ? sum + other : sum - other);
    }
  }

  NOINLINE void statement() {
    char name = peek();
    if (name < 'a' || name > 'z') fail('a');
    at++;
    expect('=');
    int64_t value = expression();
    expect(';');
    variables[name - 'a'] = value;
    mix(static_cast<uint64_t>(value));
  }

  /* Behind the end of the statement. */
  void skip() {
    while (at < end && *at != ';') at++;
    if (at < end) at++;
  }

public:
  uint32_t statements = 0, syntaxErrors = 0, valueErrors = 0;

  Parser(const char *begin, const char *limit) : at(begin), end(limit) {}

  NOINLINE void run() {
    while (peek() != '\0') {
      statements++;
      try {
        statement();
      } catch (const ParseError &error) {
        syntaxErrors++;
        mix(error.position << 8 | error.expected);
        skip();
      } catch (const ValueError &error) {
        valueErrors++;
        mix(error.position);
        skip();
      }
    }
  }
};

static void put(char c) {
  if (textLength < TEXT_SIZE) text[textLength++] = c;
}

static void writeExpression(uint32_t level) {
  uint32_t choice = random_u32() % (level == 0 ? 2 : 6);
  if (choice == 0) {
    for (uint32_t n = random_u32() % 3 + 1; n > 0; n--) put(static_cast<char>('1' + random_u32() % 9));
  } else if (choice == 1) {
    put(static_cast<char>('a' + random_u32() % VARIABLES));
  } else if (choice == 2) {
    put('(');
    writeExpression(level - 1);
    /* A missing parenthesis, now and then. */
    if (random_u32() % 24 != 0) put(')');
  } else {
    writeExpression(level - 1);
    put("+-*/"[random_u32() % 64 == 0 ? 3 : random_u32() % 3]);
    if (random_u32() % 8 == 0) put(' ');
    writeExpression(level - 1);
  }
}

int main(void) {
  title("recover: parses and evaluates " TEXT(STATEMENTS) " statements, of which some have errors");
  while (textLength < TEXT_SIZE - 4096) {
    put(static_cast<char>('a' + random_u32() % VARIABLES));
    put('=');
    writeExpression(5);
    put(';');
  }
  start_clock();
  uint32_t statements = 0, syntaxErrors = 0, valueErrors = 0;
  while (statements < STATEMENTS) {
    Parser parser(text, text + textLength);
    parser.run();
    statements += parser.statements;
    syntaxErrors += parser.syntaxErrors;
    valueErrors += parser.valueErrors;
  }
  stop_clock();
  mix(syntaxErrors);
  mix(valueErrors);
  mix(deepest);
  mix(depth);
  mix(valueCount);
  return report();
}
