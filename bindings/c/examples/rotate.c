// Replaces the keys while other threads verify, as a service does when its cluster rotates the signing key.
//
//     cc rotate.c -o rotate -pthread $(pkg-config --cflags --libs boundtoken)
//     ./rotate jwks.json https://kubernetes.default.svc.cluster.local vault token.txt
//
// Reads jwks.json ten times, every tenth of a second. A service would do so on a timer, or when a token names an
// unknown key. A file that is incomplete or has no usable key changes nothing.
//
// Exit status: 0 if every verification accepts the token, 1 if some refuse it, 2 if something else is wrong.

#define _POSIX_C_SOURCE 200809L
#include <boundtoken.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WORKERS = 4, READINGS = 10 };

static char token[1 << 14];
static size_t token_len;

typedef struct {
  const boundtoken_verifier *verifier;
  long verifications;
  long refused;
} worker;

static size_t read_file(const char *path, char *buffer, size_t size) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) {
    perror(path);
    exit(2);
  }
  size_t len = fread(buffer, 1, size, stream);
  fclose(stream);
  return len;
}

static void *work(void *argument) {
  worker *self = (worker *)argument;
  for (self->verifications = 0; self->verifications < 2000; self->verifications++) {
    boundtoken_verified *verified = NULL;
    // No error object. The status is enough here.
    if (boundtoken_verify(self->verifier, token, token_len, &verified, NULL) != BOUNDTOKEN_OK) self->refused++;
    boundtoken_verified_free(verified);
  }
  return NULL;
}

int main(int argc, char **argv) {
  static char jwks[1 << 16];
  if (argc != 5) {
    fprintf(stderr, "usage: %s JWKS-FILE ISSUER AUDIENCE TOKEN-FILE\n", argv[0]);
    return 2;
  }
  size_t jwks_len = read_file(argv[1], jwks, sizeof jwks);
  token_len = read_file(argv[4], token, sizeof token);

  boundtoken_error *error = NULL;
  boundtoken_keys *keys = NULL;
  boundtoken_verifier *verifier = NULL;
  boundtoken_status status = boundtoken_keys_from_jwks(jwks, jwks_len, &keys, &error);
  if (status == BOUNDTOKEN_OK) {
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(argv[2]), keys, NULL);
    boundtoken_verifier_builder_audience(builder, boundtoken_str_from(argv[3]));
    status = boundtoken_verifier_builder_build(builder, &verifier, &error);
  }
  if (status != BOUNDTOKEN_OK) {
    fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
    boundtoken_error_free(error);
    boundtoken_keys_free(keys);
    return 2;
  }

  pthread_t threads[WORKERS];
  worker workers[WORKERS];
  for (int i = 0; i < WORKERS; i++) {
    workers[i].verifier = verifier;
    workers[i].refused = 0;
    if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) abort();
  }
  // The verifier shares the keys. A change here takes effect there with the next verification.
  for (int i = 0; i < READINGS; i++) {
    struct timespec tenth = {0, 100000000};
    nanosleep(&tenth, NULL);
    jwks_len = read_file(argv[1], jwks, sizeof jwks);
    if (boundtoken_keys_replace_jwks(keys, jwks, jwks_len, &error) != BOUNDTOKEN_OK) {
      fprintf(stderr, "keys kept: %.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
      boundtoken_error_free(error);
    }
  }
  long verifications = 0, refused = 0;
  for (int i = 0; i < WORKERS; i++) {
    pthread_join(threads[i], NULL);
    verifications += workers[i].verifications;
    refused += workers[i].refused;
  }
  printf("%ld verifications, %ld refused, keys replaced %d times\n", verifications, refused, READINGS);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
  return refused == 0 ? 0 : 1;
}
