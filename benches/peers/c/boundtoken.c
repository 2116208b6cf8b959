// boundtoken through its C library. It also looks up the pods of the tokens, and fills in the claims.

#include <boundtoken.h>

#include "protocol.h"

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(2);
}

static void *load(const inputs *in, const char *algorithm) {
  size_t len;
  char *jwks = read_input(in, algorithm, "jwks.json", &len);
  boundtoken_keys *keys;
  if (boundtoken_keys_from_jwks(jwks, len, &keys, NULL) != BOUNDTOKEN_OK) fail("keys");
  free(jwks);
  char *list = read_input(in, ".", "objects.json", &len);
  boundtoken_objects *objects = boundtoken_objects_new();
  if (boundtoken_objects_load_json(objects, list, len, NULL, NULL) != BOUNDTOKEN_OK) fail("objects");
  free(list);
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(in->issuer), keys, objects);
  boundtoken_verifier_builder_audience(builder, boundtoken_str_from(in->audience));
  if (!in->again) boundtoken_verifier_builder_cached_tokens(builder, 0);
  boundtoken_verifier *verifier;
  if (boundtoken_verifier_builder_build(builder, &verifier, NULL) != BOUNDTOKEN_OK) fail("verifier");
  boundtoken_keys_free(keys);
  boundtoken_objects_free(objects);
  return verifier;
}

static int verify(void *verifier, const char *token, size_t len) {
  boundtoken_verified *who;
  if (boundtoken_verify((const boundtoken_verifier *)verifier, token, len, &who, NULL) != BOUNDTOKEN_OK) return 0;
  boundtoken_claims claims = boundtoken_claims_init();
  int complete = boundtoken_verified_claims(who, &claims) == BOUNDTOKEN_OK && claims.confirmed == BOUNDTOKEN_CONFIRMED_LIVE;
  boundtoken_verified_free(who);
  return complete;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  boundtoken_str version = boundtoken_version();
  char text[32];
  snprintf(text, sizeof text, "%.*s", BOUNDTOKEN_PRINT(version));
  inputs in = start(argv, text, "");
  return serve(&in);
}
