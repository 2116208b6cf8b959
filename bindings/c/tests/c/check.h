// Shared by the C tests.

#ifndef CHECK_H
#define CHECK_H

#include <boundtoken.h>
#include <stdio.h>
#include <stdlib.h>

static int failed_checks = 0;

// Reports a condition that does not hold, and goes on.
#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      failed_checks++;                                                       \
    }                                                                        \
  } while (0)

// Ends the program if a condition does not hold without which the test cannot go on.
#define DEMAND(condition)                                                     \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      exit(2);                                                                \
    }                                                                         \
  } while (0)

typedef struct {
  char *data;
  size_t len;
} document;

// Reads DIRECTORY/NAME. A NUL follows the end of the data.
static inline document read_file(const char *directory, const char *name) {
  char path[4096];
  document file = {NULL, 0};
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *stream = fopen(path, "rb");
  DEMAND(stream != NULL);
  DEMAND(fseek(stream, 0, SEEK_END) == 0);
  long size = ftell(stream);
  DEMAND(size >= 0);
  rewind(stream);
  file.len = (size_t)size;
  file.data = (char *)malloc(file.len + 1);
  DEMAND(file.data != NULL);
  DEMAND(fread(file.data, 1, file.len, stream) == file.len);
  file.data[file.len] = '\0';
  fclose(stream);
  return file;
}

static inline int same(boundtoken_str left, boundtoken_str right) {
  return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

static inline int contains(boundtoken_str text, const char *part) {
  size_t len = strlen(part);
  for (size_t start = 0; start + len <= text.len; start++) {
    if (memcmp(text.data + start, part, len) == 0) return 1;
  }
  return 0;
}

static inline boundtoken_keys *keys_of(document jwks) {
  boundtoken_keys *keys = NULL;
  DEMAND(boundtoken_keys_from_jwks(jwks.data, jwks.len, &keys, NULL) == BOUNDTOKEN_OK);
  return keys;
}

// A verifier for one issuer and audience, with objects or without (NULL).
static inline boundtoken_verifier *verifier_of(const char *issuer, const char *audience, const boundtoken_keys *keys,
                                               const boundtoken_objects *objects) {
  boundtoken_verifier *verifier = NULL;
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(issuer), keys, objects);
  boundtoken_verifier_builder_audience(builder, boundtoken_str_from(audience));
  DEMAND(boundtoken_verifier_builder_build(builder, &verifier, NULL) == BOUNDTOKEN_OK);
  return verifier;
}

#endif
