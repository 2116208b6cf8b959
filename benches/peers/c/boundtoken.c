// boundtoken through its C library, with the pods behind the tokens looked up as well, and the claims filled in.
//
// The C library always remembers tokens. So a verifier is renewed, with the clock stopped, before it could see one again:
// a token seen first costs its place in the cache too.

#include <boundtoken.h>

#define RUN run_renewing
#include "protocol.h"

typedef struct {
  const inputs *in;
  boundtoken_keys *keys;
  boundtoken_objects *objects;
  boundtoken_verifier *verifier;
} state;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(2);
}

static void renew(state *s) {
  boundtoken_verifier_free(s->verifier);
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(s->in->issuer), s->keys, s->objects);
  boundtoken_verifier_builder_audience(builder, boundtoken_str_from(s->in->audience));
  if (boundtoken_verifier_builder_build(builder, &s->verifier, NULL) != BOUNDTOKEN_OK) fail("verifier");
}

static void *load(const inputs *in, const char *algorithm) {
  state *s = (state *)calloc(1, sizeof *s);
  size_t len;
  char *jwks = read_input(in, algorithm, "jwks.json", &len);
  if (boundtoken_keys_from_jwks(jwks, len, &s->keys, NULL) != BOUNDTOKEN_OK) fail("keys");
  free(jwks);
  char *list = read_input(in, ".", "objects.json", &len);
  s->objects = boundtoken_objects_new();
  if (boundtoken_objects_load_json(s->objects, list, len, NULL, NULL) != BOUNDTOKEN_OK) fail("objects");
  free(list);
  s->in = in;
  renew(s);
  return s;
}

static int verify(void *verifier, const char *token, size_t len) {
  boundtoken_verified *who;
  if (boundtoken_verify(((state *)verifier)->verifier, token, len, &who, NULL) != BOUNDTOKEN_OK) return 0;
  boundtoken_claims claims = boundtoken_claims_init();
  int complete = boundtoken_verified_claims(who, &claims) == BOUNDTOKEN_OK && claims.confirmed == BOUNDTOKEN_CONFIRMED_LIVE;
  boundtoken_verified_free(who);
  return complete;
}

static long long run_renewing(void *verifier, const token_file *file, long count, long *accepted) {
  state *s = (state *)verifier;
  if (s->in->again) return run_tokens(s, file, count, accepted);
  long long nanoseconds = 0;
  *accepted = 0;
  while (count > 0) {
    long once = count < (long)file->count ? count : (long)file->count, good;
    renew(s);
    nanoseconds += run_tokens(s, file, once, &good);
    *accepted += good;
    count -= once;
  }
  return nanoseconds;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  boundtoken_str version = boundtoken_version();
  char text[32];
  snprintf(text, sizeof text, "%.*s", BOUNDTOKEN_PRINT(version));
  inputs in = start(argv, text, "");
  return serve(&in);
}
