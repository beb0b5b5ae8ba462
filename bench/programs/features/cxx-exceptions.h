/*
 * What clang's code for C++ exceptions asks for at run time (Itanium C++ ABI: Exception Handling, level II),
 * as far as the programs here need it: classes with one base at most, caught by reference or value. wasi-libc
 * has no libc++abi with exceptions.
 */
#ifndef CXX_EXCEPTIONS_H
#define CXX_EXCEPTIONS_H

#include <stddef.h>
#include <stdint.h>

#define EXPORTED extern "C" __attribute__((used, visibility("default")))

/* As the compiler lays them out: what `typeid` refers to. */
struct TypeInfo {
  const void *const *vtable;
  const char *name;
  /* Of a class with a base only. */
  const TypeInfo *base;
};

/* Only their addresses matter: a TypeInfo points behind the second word. */
EXPORTED const void *const class_type_info[3] asm("_ZTVN10__cxxabiv117__class_type_infoE") = {};
EXPORTED const void *const si_class_type_info[3] asm("_ZTVN10__cxxabiv120__si_class_type_infoE") = {};

struct Thrown {
  const TypeInfo *type;
  void (*destroy)(void *);
  Thrown *outer;
  uint32_t handlers;
};

static const size_t thrownSize = 64;
static const int thrownCount = 16;
alignas(16) static unsigned char thrownBlocks[thrownCount][thrownSize];
static uint32_t thrownUsed;
static Thrown *caught;

static inline Thrown *thrownOf(void *object) { return static_cast<Thrown *>(object) - 1; }

/* The tag of C++ exceptions, in the words of `__builtin_wasm_throw`. */
static const int cxxTag = 0;

EXPORTED void *__cxa_allocate_exception(size_t size) {
  if (size > thrownSize - sizeof(Thrown)) __builtin_trap();
  int block = __builtin_ctz(~thrownUsed);
  if (block >= thrownCount) __builtin_trap();
  thrownUsed |= 1u << block;
  return reinterpret_cast<Thrown *>(thrownBlocks[block]) + 1;
}

EXPORTED void __cxa_free_exception(void *object) {
  size_t block = (reinterpret_cast<unsigned char *>(thrownOf(object)) - thrownBlocks[0]) / thrownSize;
  thrownUsed &= ~(1u << block);
}

EXPORTED __attribute__((noreturn)) void __cxa_throw(void *object, void *type, void (*destroy)(void *)) {
  Thrown *thrown = thrownOf(object);
  thrown->type = static_cast<const TypeInfo *>(type);
  thrown->destroy = destroy;
  thrown->handlers = 0;
  __builtin_wasm_throw(cxxTag, object);
  __builtin_trap();
}

EXPORTED void *__cxa_get_exception_ptr(void *object) { return object; }

EXPORTED void *__cxa_begin_catch(void *object) {
  Thrown *thrown = thrownOf(object);
  if (thrown->handlers++ == 0) {
    thrown->outer = caught;
    caught = thrown;
  }
  return object;
}

EXPORTED void __cxa_end_catch(void) {
  Thrown *thrown = caught;
  if (--thrown->handlers > 0) return;
  caught = thrown->outer;
  if (thrown->destroy != nullptr) thrown->destroy(thrown + 1);
  __cxa_free_exception(thrown + 1);
}

EXPORTED __attribute__((noreturn)) void terminate(void) asm("_ZSt9terminatev");
EXPORTED void terminate(void) { __builtin_trap(); }

/* Where a landing pad says which one it is, and gets to know what the exception means to it. */
struct LandingPadContext {
  int index;
  const uint8_t *table;
  int selector;
};
extern "C" LandingPadContext __wasm_lpad_context;
LandingPadContext __wasm_lpad_context;

static uint32_t readUnsigned(const uint8_t *&at) {
  uint32_t value = 0, shift = 0;
  uint8_t byte;
  do {
    byte = *at++;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  return value;
}

static int32_t readSigned(const uint8_t *&at) {
  uint32_t value = 0, shift = 0;
  uint8_t byte;
  do {
    byte = *at++;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  if (byte & 0x40 && shift < 32) value |= ~0u << shift;
  return static_cast<int32_t>(value);
}

static bool isA(const TypeInfo *type, const TypeInfo *wanted) {
  while (type != wanted) {
    if (type->vtable != si_class_type_info + 2) return false;
    type = type->base;
  }
  return true;
}

/* Finds the first handler of a landing pad that takes the exception: its number, or 0 for cleanups. */
EXPORTED int _Unwind_CallPersonality(void *object) {
  const TypeInfo *type = thrownOf(object)->type;
  const uint8_t *at = __wasm_lpad_context.table;
  __wasm_lpad_context.selector = 0;
  at++; /* The base of landing pads: none. */
  const TypeInfo *const *types = nullptr;
  if (*at++ != 0xff) {
    uint32_t distance = readUnsigned(at);
    types = reinterpret_cast<const TypeInfo *const *>(at + distance);
  }
  at++; /* Numbers are unsigned LEB128. */
  uint32_t length = readUnsigned(at);
  const uint8_t *actions = at + length;
  uint32_t action = 0;
  for (int k = 0; k <= __wasm_lpad_context.index; k++) {
    readUnsigned(at);
    action = readUnsigned(at);
  }
  while (action != 0) {
    const uint8_t *entry = actions + action - 1;
    int32_t handler = readSigned(entry);
    const uint8_t *next = entry;
    int32_t distance = readSigned(entry);
    if (handler > 0) {
      const TypeInfo *wanted = types[-handler];
      if (wanted == nullptr || isA(type, wanted)) {
        __wasm_lpad_context.selector = handler;
        break;
      }
    }
    if (distance == 0) break;
    action = static_cast<uint32_t>(next + distance - actions) + 1;
  }
  return 0;
}

/* Its name stands in tables only. */
EXPORTED void __gxx_wasm_personality_v0(void) {}

#endif
