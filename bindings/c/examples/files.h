// A verifier for the servers of this folder whose keys and objects come from files. The servers read the files again
// when they receive SIGHUP.

#ifndef EXAMPLES_FILES_H
#define EXAMPLES_FILES_H

#include <boundtoken.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  const char *jwks_path;
  const char *objects_path;
  boundtoken_keys *keys;
  boundtoken_objects *objects;
  boundtoken_verifier *verifier;
} trust;

// Reads a file into memory that the caller frees. An unreadable file is an empty one, which no reader takes.
static inline char *read_file(const char *path, size_t *len) {
  char *data = NULL;
  size_t capacity = 0, count = 0;
  FILE *stream = fopen(path, "rb");
  *len = 0;
  if (stream == NULL) return NULL;
  do {
    capacity += 65536;
    char *larger = (char *)realloc(data, capacity);
    if (larger == NULL) abort();
    data = larger;
    count = fread(data + *len, 1, capacity - *len, stream);
    *len += count;
  } while (*len == capacity);
  fclose(stream);
  return data;
}

static inline void report(const char *what, boundtoken_error *error) {
  fprintf(stderr, "%s: %.*s\n", what, BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  boundtoken_error_free(error);
}

// Reads the files again. What cannot be read changes nothing. Any thread may verify meanwhile.
static inline void load_again(const trust *from) {
  boundtoken_error *error = NULL;
  size_t jwks_len, list_len;
  char *jwks = read_file(from->jwks_path, &jwks_len), *list = read_file(from->objects_path, &list_len);
  if (boundtoken_keys_replace_jwks(from->keys, jwks, jwks_len, &error) != BOUNDTOKEN_OK) {
    report("keys kept", error);
  }
  if (boundtoken_objects_replace_json(from->objects, list, list_len, NULL, &error) != BOUNDTOKEN_OK) {
    report("objects kept", error);
  }
  free(jwks);
  free(list);
}

// Makes the verifier. Returns 0 if that fails. Free it with forget, even then.
static inline int load(trust *from, const char *jwks_path, const char *objects_path, const char *issuer,
                       const char *audience) {
  boundtoken_error *error = NULL;
  size_t jwks_len, list_len;
  char *jwks = read_file(jwks_path, &jwks_len), *list = read_file(objects_path, &list_len);
  from->jwks_path = jwks_path;
  from->objects_path = objects_path;
  from->keys = NULL;
  from->verifier = NULL;
  from->objects = boundtoken_objects_new();
  boundtoken_status status = boundtoken_keys_from_jwks(jwks, jwks_len, &from->keys, &error);
  if (status == BOUNDTOKEN_OK) status = boundtoken_objects_load_json(from->objects, list, list_len, NULL, &error);
  if (status == BOUNDTOKEN_OK) {
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(issuer), from->keys, from->objects);
    boundtoken_verifier_builder_audience(builder, boundtoken_str_from(audience));
    status = boundtoken_verifier_builder_build(builder, &from->verifier, &error);
  }
  if (status != BOUNDTOKEN_OK) report("no verifier", error);
  free(jwks);
  free(list);
  return status == BOUNDTOKEN_OK;
}

static inline void forget(trust *from) {
  boundtoken_verifier_free(from->verifier);
  boundtoken_objects_free(from->objects);
  boundtoken_keys_free(from->keys);
}

#endif
