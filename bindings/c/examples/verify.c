// Verifies one token and prints who it speaks for.
//
//     cc verify.c -o verify $(pkg-config --cflags --libs boundtoken)
//     kubectl get --raw /openid/v1/jwks >jwks.json
//     kubectl get serviceaccounts,secrets,pods,nodes -A -o json >objects.json
//     ./verify jwks.json https://kubernetes.default.svc.cluster.local vault token.txt objects.json
//
// Without objects.json, a token of a deleted pod is accepted until it expires.
//
// Exit status: 0 if the token is accepted, 1 if it is refused, 2 if something else is wrong.

#include <boundtoken.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACCEPTED = 0, REFUSED = 1, MISTAKE = 2 };

typedef struct {
  char *data;
  size_t len;
} document;

static document read_file(const char *path) {
  document file = {NULL, 0};
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) {
    perror(path);
    exit(MISTAKE);
  }
  for (;;) {
    file.data = (char *)realloc(file.data, file.len + 65536);
    if (file.data == NULL) exit(MISTAKE);
    size_t count = fread(file.data + file.len, 1, 65536, stream);
    if (count == 0) break;
    file.len += count;
  }
  fclose(stream);
  return file;
}

// Prints an error and frees it. Statuses from 101 on refuse the token.
static int report(boundtoken_error *error) {
  int refused = boundtoken_error_status(error) > 100;
  fprintf(stderr, "%s: %.*s\n", refused ? "refused" : "error", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  boundtoken_error_free(error);
  return refused ? REFUSED : MISTAKE;
}

static void print_claims(const boundtoken_verified *verified) {
  boundtoken_claims claims = boundtoken_claims_init();
  boundtoken_verified_claims(verified, &claims);
  printf("user %.*s\n", BOUNDTOKEN_PRINT(claims.username));
  for (size_t i = 0; i < claims.groups_len; i++) printf("group %.*s\n", BOUNDTOKEN_PRINT(claims.groups[i]));
  if (claims.pod_name.len > 0) printf("pod %.*s\n", BOUNDTOKEN_PRINT(claims.pod_name));
  if (claims.node_name.len > 0) printf("node %.*s\n", BOUNDTOKEN_PRINT(claims.node_name));
  printf("bound objects %s\n", claims.confirmed == BOUNDTOKEN_CONFIRMED_LIVE ? "live" : "not checked");
}

int main(int argc, char **argv) {
  if (argc < 5 || argc > 6) {
    fprintf(stderr, "usage: %s JWKS-FILE ISSUER AUDIENCE TOKEN-FILE [OBJECTS-FILE]\n", argv[0]);
    return MISTAKE;
  }
  document jwks = read_file(argv[1]);
  document token = read_file(argv[4]);
  boundtoken_error *error = NULL;
  boundtoken_keys *keys = NULL;
  boundtoken_objects *objects = NULL;
  boundtoken_verifier *verifier = NULL;
  boundtoken_verified *verified = NULL;
  int outcome = ACCEPTED;

  if (boundtoken_keys_from_jwks(jwks.data, jwks.len, &keys, &error) != BOUNDTOKEN_OK) outcome = report(error);

  if (outcome == ACCEPTED && argc == 6) {
    document list = read_file(argv[5]);
    objects = boundtoken_objects_new();
    if (boundtoken_objects_load_json(objects, list.data, list.len, NULL, &error) != BOUNDTOKEN_OK) {
      outcome = report(error);
    }
    free(list.data);
  }

  if (outcome == ACCEPTED) {
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(argv[2]), keys, objects);
    boundtoken_verifier_builder_audience(builder, boundtoken_str_from(argv[3]));
    // Also reports failures of the two calls above.
    if (boundtoken_verifier_builder_build(builder, &verifier, &error) != BOUNDTOKEN_OK) outcome = report(error);
  }

  if (outcome == ACCEPTED) {
    if (boundtoken_verify(verifier, token.data, token.len, &verified, &error) == BOUNDTOKEN_OK) {
      print_claims(verified);
    } else {
      outcome = report(error);
    }
  }

  boundtoken_verified_free(verified);
  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
  free(token.data);
  free(jwks.data);
  return outcome;
}
