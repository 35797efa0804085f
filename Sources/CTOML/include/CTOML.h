#ifndef PINION_CTOML_H
#define PINION_CTOML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What is told of a document, in its order. Keys are empty within arrays. Texts live until the call returns.
typedef struct {
  void *context;
  void (*begin_table)(void *context, const char *key, size_t key_length);
  void (*begin_array)(void *context, const char *key, size_t key_length);
  void (*end)(void *context);
  void (*string)(void *context, const char *key, size_t key_length, const char *text, size_t length);
  void (*integer)(void *context, const char *key, size_t key_length, int64_t value);
  void (*boolean)(void *context, const char *key, size_t key_length, int value);
  /// A date and time with its offset, as RFC 3339 writes it in whole seconds.
  void (*moment)(void *context, const char *key, size_t key_length, const char *text, size_t length);
  /// Any other value, as TOML writes it: a float, or a date or a time without an offset.
  void (*other)(void *context, const char *key, size_t key_length, const char *text, size_t length);
} pinion_toml_visitor;

/// Why a document cannot be read. Lines and columns count from 1.
typedef struct {
  char message[256];
  uint32_t line;
  uint32_t column;
} pinion_toml_error;

/// Reads a TOML 1.0 document with toml++. Returns 0, or -1 with the error filled in.
int pinion_toml_parse(const char *text, size_t length, const pinion_toml_visitor *visitor, pinion_toml_error *error);

#ifdef __cplusplus
}
#endif

#endif
