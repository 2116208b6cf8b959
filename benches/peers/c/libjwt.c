// libjwt as Debian ships it. It takes the key as PEM in each call. It does not check issuer, audience and times, so this
// program does. It verifies with the algorithm that the token names, so a caller must compare that.

#include <jansson.h>
#include <jwt.h>
#include <openssl/crypto.h>

#include "protocol.h"

typedef struct {
  const inputs *in;
  char *key;
  int key_len;
  jwt_alg_t algorithm;
} state;

static void *load(const inputs *in, const char *algorithm) {
  if (strcmp(algorithm, "EdDSA") == 0) return NULL;
  size_t len;
  state *s = (state *)calloc(1, sizeof *s);
  s->in = in;
  s->key = read_input(in, algorithm, "public.pem", &len);
  s->key_len = (int)len;
  s->algorithm = jwt_str_alg(algorithm);
  return s;
}

static int names_audience(jwt_t *jwt, const char *wanted) {
  char *text = jwt_get_grants_json(jwt, "aud");
  json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL;
  int found = 0;
  size_t index;
  json_t *name;
  json_array_foreach(list, index, name) found |= json_is_string(name) && strcmp(json_string_value(name), wanted) == 0;
  json_decref(list);
  free(text);
  return found;
}

static int verify(void *verifier, const char *token, size_t len) {
  (void)len;
  state *s = (state *)verifier;
  jwt_t *jwt = NULL;
  if (jwt_decode(&jwt, token, (const unsigned char *)s->key, s->key_len) != 0) return 0;
  long now = (long)time(NULL);
  const char *issuer = jwt_get_grant(jwt, "iss");
  int accepted = jwt_get_alg(jwt) == s->algorithm && issuer != NULL && strcmp(issuer, s->in->issuer) == 0 &&
                 names_audience(jwt, s->in->audience) && jwt_get_grant_int(jwt, "exp") > now &&
                 jwt_get_grant_int(jwt, "nbf") <= now;
  jwt_free(jwt);
  return accepted;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  inputs in = start(argv, LIBRARY_VERSION, OpenSSL_version(OPENSSL_VERSION));
  return serve(&in);
}
