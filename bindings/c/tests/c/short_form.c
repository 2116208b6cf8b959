// The shortest program that a user could write, with C's own initialiser for the claims.

#include <boundtoken.h>
#include <stdio.h>

int verify_request(const boundtoken_keys *keys, const boundtoken_objects *objects, const char *token, size_t token_len);

int verify_request(const boundtoken_keys *keys, const boundtoken_objects *objects, const char *token, size_t token_len) {
  int accepted = 0;
  boundtoken_verifier_builder *b = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(b, BOUNDTOKEN_STR("https://kubernetes.default.svc.cluster.local"), keys, objects);
  boundtoken_verifier_builder_audience(b, BOUNDTOKEN_STR("vault"));
  boundtoken_verifier *v; boundtoken_error *err = NULL;
  if (boundtoken_verifier_builder_build(b, &v, &err) != BOUNDTOKEN_OK) { fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(err))); }
  boundtoken_error_free(err);
  boundtoken_verified *who;
  if (boundtoken_verify(v, token, token_len, &who, &err) == BOUNDTOKEN_OK) { boundtoken_claims c = {sizeof c}; boundtoken_verified_claims(who, &c); accepted = c.username.len > 0; }
  boundtoken_error_free(err);
  boundtoken_verified_free(who);
  boundtoken_verifier_free(v);
  return accepted;
}

int main(void) {
  // Without keys there is no verifier, and without a verifier nothing is accepted.
  return verify_request(NULL, NULL, "token", 5);
}
