// The row of C: see run.sh.

#include <boundtoken.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *demand(void *value) {
  if (value == NULL) exit(2);
  return value;
}

static boundtoken_str read_file(const char *folder, const char *name) {
  char path[4096];
  boundtoken_str text;
  char *data = (char *)demand(malloc(1 << 20));
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = (FILE *)demand(fopen(path, "rb"));
  text.data = data;
  text.len = fread(data, 1, 1 << 20, file);
  fclose(file);
  return text;
}

static boundtoken_verifier *verifier_of(const char *folder, int remembers) {
  boundtoken_keys *keys = NULL;
  boundtoken_verifier *verifier = NULL;
  boundtoken_objects *objects = boundtoken_objects_new();
  boundtoken_str jwks = read_file(folder, "jwks.json"), list = read_file(folder, "objects.json");
  if (boundtoken_keys_from_jwks(jwks.data, jwks.len, &keys, NULL) != BOUNDTOKEN_OK) exit(2);
  if (boundtoken_objects_load_json(objects, list.data, list.len, NULL, NULL) != BOUNDTOKEN_OK) exit(2);
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(builder, read_file(folder, "issuer"), keys, objects);
  boundtoken_verifier_builder_audience(builder, read_file(folder, "audience"));
  if (!remembers) boundtoken_verifier_builder_cached_tokens(builder, 0);
  if (boundtoken_verifier_builder_build(builder, &verifier, NULL) != BOUNDTOKEN_OK) exit(2);
  return verifier;
}

static size_t with_claims(const boundtoken_verifier *verifier, boundtoken_str token) {
  boundtoken_verified *who = NULL;
  boundtoken_error *error = NULL;
  boundtoken_claims claims = boundtoken_claims_init();
  if (boundtoken_verify(verifier, token.data, token.len, &who, &error) != BOUNDTOKEN_OK) exit(2);
  boundtoken_verified_claims(who, &claims);
  size_t read = claims.subject.len + (unsigned char)claims.subject.data[0];
  boundtoken_verified_free(who);
  return read;
}

static size_t with_record(const boundtoken_verifier *verifier, boundtoken_str token, boundtoken_record *record) {
  if (boundtoken_verify_into(verifier, token.data, token.len, NULL, record, 2048, NULL) != BOUNDTOKEN_OK) exit(2);
  return record->subject.len + ((const unsigned char *)record)[record->subject.offset];
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  boundtoken_verifier *verifier = verifier_of(argv[1], 1), *forgetful = verifier_of(argv[1], 0);
  boundtoken_str token = read_file(argv[1], "token");
  boundtoken_record *record = (boundtoken_record *)demand(malloc(2048));
  volatile size_t read = 0;
  char name[32];
  long count;
  while (token.len > 0 && token.data[token.len - 1] == '\n') token.len--;
  while (scanf("%31s %ld", name, &count) == 2) {
    struct timespec start, end;
    const boundtoken_verifier *by = strcmp(name, "first") == 0 ? forgetful : verifier;
    const int into_record = strcmp(name, "again-record") == 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < count; i++) read += into_record ? with_record(by, token, record) : with_claims(by, token);
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long nanoseconds = (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec;
    printf("{\"language\": \"C\", \"case\": \"%s\", \"count\": %ld, \"nanoseconds\": %lld}\n", name, count, nanoseconds);
    fflush(stdout);
  }
  return 0;
}
