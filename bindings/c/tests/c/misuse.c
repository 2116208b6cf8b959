// Every mistake that a caller can make within the rules of C gives a status. It never crashes and never accepts a
// token.
// Usage: `misuse DIRECTORY ISSUER NOW`. The directory has jwks.json, signing-key.pem and objects.json. It also has
// token, which is bound to a pod and meant for the audience `vault`, and huge-number-token, which has an odd claim and
// is valid now.

#include "check.h"
#include <pthread.h>

#define NOBODY boundtoken_str_from(NULL)
#define TOO_LONG ((size_t)-1)

static const char *issuer;
static int64_t now;
static document jwks, pem, objects_json, token, huge_number_token;

// Checks that a failed call returned this status and described it. Frees the error.
#define FAILS(call, wanted)                                                   \
  do {                                                                        \
    boundtoken_error *error = NULL;                                           \
    boundtoken_status status = (call);                                        \
    CHECK(status == (wanted));                                                \
    CHECK(boundtoken_error_status(error) == status);                          \
    CHECK(same(boundtoken_error_name(error), boundtoken_status_name(status))); \
    CHECK(boundtoken_error_message(error).len > 10);                          \
    CHECK(!contains(boundtoken_error_message(error), "\n"));                  \
    CHECK((boundtoken_error_www_authenticate(error).len > 0) == (status > 100)); \
    boundtoken_error_free(error);                                             \
  } while (0)

static void statuses_have_names(void) {
  CHECK(same(boundtoken_status_name(BOUNDTOKEN_OK), BOUNDTOKEN_STR("ok")));
  CHECK(same(boundtoken_status_name(BOUNDTOKEN_NULL_ARGUMENT), BOUNDTOKEN_STR("null_argument")));
  CHECK(same(boundtoken_status_name(BOUNDTOKEN_EXPIRED), BOUNDTOKEN_STR("expired")));
  CHECK(same(boundtoken_status_description(BOUNDTOKEN_EXPIRED), BOUNDTOKEN_STR("the token has expired")));
  CHECK(same(boundtoken_status_name((boundtoken_status)999999), BOUNDTOKEN_STR("unknown")));
  CHECK(boundtoken_status_description((boundtoken_status)999999).len > 0);
  CHECK(same(boundtoken_version(), BOUNDTOKEN_STR(BOUNDTOKEN_VERSION_STRING)));
}

static void null_is_freed_and_read_as_nothing(void) {
  boundtoken_error_free(NULL);
  boundtoken_keys_free(NULL);
  boundtoken_objects_free(NULL);
  boundtoken_verifier_builder_free(NULL);
  boundtoken_verifier_free(NULL);
  boundtoken_verified_free(NULL);
  CHECK(boundtoken_error_status(NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_error_name(NULL).data == NULL);
  CHECK(boundtoken_error_message(NULL).data == NULL);
  CHECK(boundtoken_error_www_authenticate(NULL).data == NULL);
  CHECK(boundtoken_keys_count(NULL) == 0);
  CHECK(boundtoken_keys_skipped_count(NULL) == 0);
  CHECK(boundtoken_keys_skipped(NULL, 0) == NULL);
  CHECK(boundtoken_objects_count(NULL) == 0);
  boundtoken_cluster_free(NULL);
  boundtoken_cluster_report_free(NULL);
  CHECK(boundtoken_cluster_report_json(NULL).data == NULL);
  CHECK(boundtoken_cluster_is_stale(NULL) == 1);
}

static void keys_are_checked(void) {
  boundtoken_keys *keys = (boundtoken_keys *)&jwks;  // not keys: the call must set it to NULL
  FAILS(boundtoken_keys_from_jwks(jwks.data, jwks.len, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_from_jwks(NULL, 1, &keys, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(keys == NULL);
  FAILS(boundtoken_keys_from_jwks(jwks.data, TOO_LONG, &keys, &error), BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_keys_from_jwks(NULL, 0, &keys, &error), BOUNDTOKEN_JWKS_UNREADABLE);
  FAILS(boundtoken_keys_from_jwks(pem.data, pem.len, &keys, &error), BOUNDTOKEN_JWKS_UNREADABLE);
  FAILS(boundtoken_keys_from_jwks(jwks.data, jwks.len - 3, &keys, &error), BOUNDTOKEN_JWKS_UNREADABLE);
  FAILS(boundtoken_keys_from_jwks("{\"keys\":[]}", 11, &keys, &error), BOUNDTOKEN_NO_USABLE_KEY);
  FAILS(boundtoken_keys_from_pem(pem.data, pem.len, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_from_pem(NULL, 9, &keys, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_from_pem(pem.data, TOO_LONG, &keys, &error), BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_keys_from_pem(NULL, 0, &keys, &error), BOUNDTOKEN_PEM_UNREADABLE);
  FAILS(boundtoken_keys_from_pem(jwks.data, jwks.len, &keys, &error), BOUNDTOKEN_PEM_UNREADABLE);
  boundtoken_str no_key = BOUNDTOKEN_STR("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
  FAILS(boundtoken_keys_from_pem(no_key.data, no_key.len, &keys, &error), BOUNDTOKEN_NO_USABLE_KEY);
  CHECK(keys == NULL);

  DEMAND(boundtoken_keys_from_pem(pem.data, pem.len, &keys, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_keys_count(keys) == 1 && boundtoken_keys_skipped_count(keys) == 0);
  FAILS(boundtoken_keys_replace_jwks(NULL, jwks.data, jwks.len, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_replace_jwks(keys, NULL, 3, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_replace_jwks(keys, jwks.data, TOO_LONG, &error), BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_keys_replace_jwks(keys, "[]", 2, &error), BOUNDTOKEN_JWKS_UNREADABLE);
  FAILS(boundtoken_keys_replace_jwks(keys, "{\"keys\":[]}", 11, &error), BOUNDTOKEN_NO_USABLE_KEY);
  FAILS(boundtoken_keys_replace_pem(NULL, pem.data, pem.len, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_replace_pem(keys, NULL, 3, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_keys_replace_pem(keys, "", 0, &error), BOUNDTOKEN_PEM_UNREADABLE);
  CHECK(boundtoken_keys_count(keys) == 1);
  boundtoken_keys_free(keys);
}

static void skipped_keys_say_why(void) {
  boundtoken_keys *keys = NULL;
  boundtoken_str document =
      BOUNDTOKEN_STR("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"},"
                     "{\"kty\":\"oct\",\"kid\":\"two\",\"k\":\"c2VjcmV0\"}]}");
  DEMAND(boundtoken_keys_from_jwks(document.data, document.len, &keys, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_keys_count(keys) == 1);
  CHECK(boundtoken_keys_skipped_count(keys) == 1);
  boundtoken_error *skipped = boundtoken_keys_skipped(keys, 0);
  CHECK(boundtoken_error_status(skipped) == BOUNDTOKEN_KEY_SKIPPED);
  CHECK(contains(boundtoken_error_message(skipped), "key 1 (kid \"two\") was skipped: the key is symmetric"));
  CHECK(!contains(boundtoken_error_message(skipped), "c2VjcmV0"));
  CHECK(boundtoken_keys_skipped(keys, 1) == NULL);
  CHECK(boundtoken_keys_skipped(keys, TOO_LONG) == NULL);
  // The caller owns the error, so it outlives the keys.
  boundtoken_keys_free(keys);
  CHECK(contains(boundtoken_error_message(skipped), "symmetric"));
  boundtoken_error_free(skipped);
}

static boundtoken_object_state never(void *userdata, const boundtoken_object_query *query,
                                     boundtoken_object_answer *answer) {
  (void)userdata, (void)query, (void)answer;
  return BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE;
}

static void objects_are_checked(void) {
  boundtoken_objects *objects = boundtoken_objects_new();
  boundtoken_str name = BOUNDTOKEN_STR("x"), bad = BOUNDTOKEN_STR("\xff");
  boundtoken_str null_with_length = {NULL, 4}, too_long = {"x", TOO_LONG};
  size_t loaded = 7;
  FAILS(boundtoken_objects_load_json(NULL, "[]", 2, &loaded, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(loaded == 0);
  FAILS(boundtoken_objects_load_json(objects, NULL, 2, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_load_json(objects, "[]", TOO_LONG, NULL, &error), BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_objects_load_json(objects, NULL, 0, NULL, &error), BOUNDTOKEN_OBJECTS_UNREADABLE);
  FAILS(boundtoken_objects_load_json(objects, "{\"pods\":[{}]}", 13, NULL, &error), BOUNDTOKEN_OBJECTS_UNREADABLE);
  CHECK(boundtoken_objects_load_json(objects, "[]", 2, NULL, NULL) == BOUNDTOKEN_OK);

  FAILS(boundtoken_objects_upsert(NULL, BOUNDTOKEN_OBJECT_KIND_POD, name, name, name, 0, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, null_with_length, name, name, 0, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, too_long, name, 0, &error),
        BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, bad, name, name, 0, &error), BOUNDTOKEN_NOT_UTF8);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, bad, name, 0, &error), BOUNDTOKEN_NOT_UTF8);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, name, bad, 0, &error), BOUNDTOKEN_NOT_UTF8);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, NOBODY, name, name, 0, &error),
        BOUNDTOKEN_OBJECT_INCOMPLETE);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, NOBODY, name, 0, &error),
        BOUNDTOKEN_OBJECT_INCOMPLETE);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, name, NOBODY, 0, &error),
        BOUNDTOKEN_OBJECT_INCOMPLETE);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, name, name, -1, &error), BOUNDTOKEN_NEGATIVE_TIME);
  FAILS(boundtoken_objects_upsert(objects, (boundtoken_object_kind)0, name, name, name, 0, &error),
        BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_objects_upsert(objects, (boundtoken_object_kind)7, name, name, name, 0, &error),
        BOUNDTOKEN_UNKNOWN_VALUE);
  CHECK(boundtoken_objects_count(objects) == 0);

  // A node has no namespace, so the argument is ignored.
  CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_NODE, name, name, name, 0, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_NODE, NOBODY, name, name, INT64_MAX, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_objects_count(objects) == 1);
  // The same holds for a webhook configuration.
  const boundtoken_object_kind without_namespace[] = {BOUNDTOKEN_OBJECT_KIND_VALIDATING_WEBHOOK_CONFIGURATION,
                                                      BOUNDTOKEN_OBJECT_KIND_MUTATING_WEBHOOK_CONFIGURATION};
  for (size_t i = 0; i < 2; i++) {
    CHECK(boundtoken_objects_upsert(objects, without_namespace[i], NOBODY, name, name, 0, NULL) == BOUNDTOKEN_OK);
    CHECK(boundtoken_objects_count(objects) == 2);
    CHECK(boundtoken_objects_delete(objects, without_namespace[i], name, name, NULL) == BOUNDTOKEN_OK);
  }
  FAILS(boundtoken_objects_delete(NULL, BOUNDTOKEN_OBJECT_KIND_NODE, NOBODY, name, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_NODE, NOBODY, NOBODY, &error), BOUNDTOKEN_OBJECT_INCOMPLETE);
  FAILS(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_POD, NOBODY, name, &error), BOUNDTOKEN_OBJECT_INCOMPLETE);
  FAILS(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, bad, &error), BOUNDTOKEN_NOT_UTF8);
  FAILS(boundtoken_objects_delete(objects, (boundtoken_object_kind)7, name, name, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  CHECK(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_NODE, NOBODY, name, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_NODE, NOBODY, name, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_objects_count(objects) == 0);
  boundtoken_objects_free(objects);

  FAILS(boundtoken_objects_from_callback(NULL, NULL, NULL, &objects, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(objects == NULL);
  FAILS(boundtoken_objects_from_callback(never, NULL, NULL, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  DEMAND(boundtoken_objects_from_callback(never, NULL, NULL, &objects, NULL) == BOUNDTOKEN_OK);
  FAILS(boundtoken_objects_load_json(objects, "[]", 2, NULL, &error), BOUNDTOKEN_NOT_AN_OBJECT_STORE);
  FAILS(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, name, name, 0, &error),
        BOUNDTOKEN_NOT_AN_OBJECT_STORE);
  FAILS(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_POD, name, name, &error), BOUNDTOKEN_NOT_AN_OBJECT_STORE);
  CHECK(boundtoken_objects_count(objects) == 0);
  boundtoken_objects_free(objects);
}

static boundtoken_verifier_builder *complete_builder(const boundtoken_keys *keys) {
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  CHECK(boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(issuer), keys, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault")) == BOUNDTOKEN_OK);
  return builder;
}

static void builders_are_checked(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = (boundtoken_verifier *)&jwks;
  boundtoken_verifier_builder *builder;
  boundtoken_str name = BOUNDTOKEN_STR("x"), bad = BOUNDTOKEN_STR("\xff");

  CHECK(boundtoken_verifier_builder_issuer(NULL, name, keys, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_issuer_also_named(NULL, name) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_audience(NULL, name) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_leeway_seconds(NULL, 1) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_max_token_size(NULL, 1) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_cached_tokens(NULL, 1) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_cache_size(NULL, 1) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_cluster(NULL, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_on_unavailable(NULL, BOUNDTOKEN_ON_UNAVAILABLE_REFUSE) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_fast_rsa(NULL, 1) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_builder_fast_p256(NULL, 1) == BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verifier_builder_build(NULL, &verifier, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(verifier == NULL);
  // This call frees the builder too. A leak checker would notice if not.
  FAILS(boundtoken_verifier_builder_build(complete_builder(keys), NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  boundtoken_verifier_builder_free(complete_builder(keys));

  FAILS(boundtoken_verifier_builder_build(boundtoken_verifier_builder_new(), &verifier, &error), BOUNDTOKEN_NO_ISSUER);
  builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(builder, name, keys, NULL);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_NO_AUDIENCE);
  builder = complete_builder(keys);
  boundtoken_verifier_builder_issuer(builder, NOBODY, keys, NULL);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_EMPTY_ISSUER);
  builder = complete_builder(keys);
  boundtoken_verifier_builder_issuer_also_named(builder, NOBODY);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_EMPTY_ISSUER);
  builder = complete_builder(keys);
  boundtoken_verifier_builder_audience(builder, NOBODY);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_EMPTY_AUDIENCE);
  builder = complete_builder(keys);
  boundtoken_verifier_builder_leeway_seconds(builder, 3601);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_LEEWAY_TOO_LONG);
  builder = complete_builder(keys);
  boundtoken_verifier_builder_max_token_size(builder, 0);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_TOKEN_SIZE_OUT_OF_RANGE);
  CHECK(verifier == NULL);

  // A caller may ignore the status of each step. The last step reports the first failure and gives no verifier.
  builder = complete_builder(keys);
  CHECK(boundtoken_verifier_builder_audience(builder, bad) == BOUNDTOKEN_NOT_UTF8);
  CHECK(boundtoken_verifier_builder_issuer(builder, name, NULL, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_NOT_UTF8);
  builder = complete_builder(keys);
  CHECK(boundtoken_verifier_builder_issuer(builder, bad, keys, NULL) == BOUNDTOKEN_NOT_UTF8);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_NOT_UTF8);
  builder = complete_builder(keys);
  CHECK(boundtoken_verifier_builder_issuer(builder, name, NULL, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_NULL_ARGUMENT);
  builder = complete_builder(keys);
  CHECK(boundtoken_verifier_builder_on_unavailable(builder, (boundtoken_on_unavailable)2) == BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_verifier_builder_build(builder, &verifier, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  builder = complete_builder(keys);
  CHECK(boundtoken_verifier_builder_fast_rsa(builder, 0) == BOUNDTOKEN_OK);
  CHECK(boundtoken_verifier_builder_fast_p256(builder, 0) == BOUNDTOKEN_OK);
  boundtoken_verifier_builder_free(builder);
  builder = boundtoken_verifier_builder_new();
  CHECK(boundtoken_verifier_builder_issuer_also_named(builder, name) == BOUNDTOKEN_NO_ISSUER);
  boundtoken_verifier_builder_free(builder);
  boundtoken_keys_free(keys);
}

static void verifications_are_checked(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_keys_free(keys);
  boundtoken_verified *verified = (boundtoken_verified *)&jwks;
  FAILS(boundtoken_verify(NULL, token.data, token.len, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(verified == NULL);
  FAILS(boundtoken_verify(verifier, token.data, token.len, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify(verifier, NULL, 1, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify(verifier, NULL, 0, &verified, &error), BOUNDTOKEN_TOKEN_EMPTY);
  FAILS(boundtoken_verify(verifier, token.data, TOO_LONG, &verified, &error), BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_verify(verifier, "a.b", 3, &verified, &error), BOUNDTOKEN_TOKEN_PART_COUNT);
  FAILS(boundtoken_verify_at(NULL, token.data, token.len, now, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_at(verifier, NULL, 5, now, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, -1, &verified, &error), BOUNDTOKEN_NEGATIVE_TIME);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, INT64_MIN, &verified, &error), BOUNDTOKEN_NEGATIVE_TIME);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, INT64_MAX, &verified, &error), BOUNDTOKEN_EXPIRED);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, 0, &verified, &error), BOUNDTOKEN_NOT_YET_VALID);
  // One character less, and one more.
  FAILS(boundtoken_verify_at(verifier, token.data, token.len - 1, now, &verified, &error),
        BOUNDTOKEN_TOKEN_NOT_BASE64URL);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len + 1, now, &verified, &error),
        BOUNDTOKEN_TOKEN_NOT_BASE64URL);
  CHECK(verified == NULL);

  const boundtoken_str vault = BOUNDTOKEN_STR("vault"), nobody = NOBODY, null_with_length = {NULL, 4};
  const boundtoken_str unreadable[] = {vault, BOUNDTOKEN_STR("\xff")}, unset[] = {vault, null_with_length};
  FAILS(boundtoken_verify_for(NULL, token.data, token.len, &vault, 1, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_for(verifier, NULL, 0, &vault, 1, &verified, &error), BOUNDTOKEN_TOKEN_EMPTY);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, &vault, 1, now, NULL, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, NULL, 1, now, &verified, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, &vault, TOO_LONG, now, &verified, &error),
        BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, unreadable, 2, now, &verified, &error),
        BOUNDTOKEN_NOT_UTF8);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, unset, 2, now, &verified, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, &vault, 1, -1, &verified, &error),
        BOUNDTOKEN_NEGATIVE_TIME);
  // An empty list and an empty audience match nothing.
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, NULL, 0, now, &verified, &error),
        BOUNDTOKEN_AUDIENCE_MISMATCH);
  FAILS(boundtoken_verify_for_at(verifier, token.data, token.len, &nobody, 1, now, &verified, &error),
        BOUNDTOKEN_AUDIENCE_MISMATCH);
  CHECK(verified == NULL);
  boundtoken_verifier_free(verifier);
}

// The struct of a program that was compiled with the first header. It ends with the payload.
static void old_programs_get_the_members_they_know(void) {
  const size_t first_size = offsetof(boundtoken_claims, payload) + sizeof(boundtoken_str);
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verified *verified = NULL;
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  CHECK(first_size == (sizeof(void *) == 8 ? 336 : 184));
  boundtoken_claims claims;
  memset(&claims, 0x5a, sizeof claims);
  claims.size = first_size;
  CHECK(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK);
  CHECK(claims.size == first_size && claims.payload.len > 0 && same(claims.username, claims.subject));
  for (size_t i = first_size; i < sizeof claims; i++) CHECK(((const unsigned char *)&claims)[i] == 0x5a);
  claims.size = first_size - 1;
  CHECK(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_STRUCT_TOO_SMALL);
  boundtoken_verified_free(verified);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

static void structs_are_filled_to_their_size_only(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verified *verified = NULL;
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  struct {
    boundtoken_claims claims;
    unsigned char behind[64];
  } grown;
  memset(&grown, 0x5a, sizeof grown);
  const size_t too_small[] = {0, 1, sizeof(size_t), 100};
  for (size_t i = 0; i < sizeof too_small / sizeof *too_small; i++) {
    grown.claims.size = too_small[i];
    CHECK(boundtoken_verified_claims(verified, &grown.claims) == BOUNDTOKEN_STRUCT_TOO_SMALL);
    CHECK(grown.claims.size == too_small[i] && grown.claims.expires_at == 0x5a5a5a5a5a5a5a5a);
  }
  CHECK(boundtoken_verified_claims(NULL, &grown.claims) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verified_claims(verified, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  // The larger struct of a later version.
  grown.claims.size = sizeof grown;
  CHECK(boundtoken_verified_claims(verified, &grown.claims) == BOUNDTOKEN_OK);
  CHECK(grown.claims.size == sizeof(boundtoken_claims));
  for (size_t i = 0; i < sizeof grown.behind; i++) CHECK(grown.behind[i] == 0x5a);
  CHECK(same(grown.claims.username, grown.claims.subject));

  boundtoken_claims again = boundtoken_claims_init();
  CHECK(boundtoken_verified_claims(verified, &again) == BOUNDTOKEN_OK);
  CHECK(again.payload.data == grown.claims.payload.data && again.groups == grown.claims.groups);
  CHECK(again.confirmed == BOUNDTOKEN_CONFIRMED_NOT_CHECKED);

  boundtoken_str json = BOUNDTOKEN_STR("before");
  FAILS(boundtoken_verified_json(NULL, &json, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(json.data == NULL && json.len == 0);
  FAILS(boundtoken_verified_json(verified, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verified_json(verified, &json, NULL) == BOUNDTOKEN_OK);
  CHECK(contains(json, "\"user\":{\"username\":\"system:serviceaccount:"));
  boundtoken_verified_free(verified);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

// A claim such as 1e999 is valid JSON, but parsers disagree about its value.
static void claims_that_are_no_ordinary_json_are_refused(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verified *verified = NULL;
  document shown = huge_number_token;
  CHECK(boundtoken_verify(verifier, shown.data, shown.len, &verified, NULL) == BOUNDTOKEN_CLAIMS_NUMBER_OUT_OF_RANGE);
  CHECK(verified == NULL);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

// A buffer that a record can be read from through the struct.
typedef union {
  boundtoken_record header;
  unsigned char bytes[8192];
} record_buffer;

static int is_zero(const unsigned char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (bytes[i] != 0) return 0;
  }
  return 1;
}

// A buffer that is smaller than a header has at most a status, which does not accept the token.
static int is_undecided(const record_buffer *record, size_t capacity) {
  if (capacity < 8) return is_zero(record->bytes, capacity);
  return record->header.version == 0 && record->header.status != BOUNDTOKEN_OK &&
         is_zero(record->bytes + 8, capacity - 8);
}

static boundtoken_str text_of(const record_buffer *record, boundtoken_record_text text) {
  boundtoken_str str = {text.offset == 0 ? NULL : (const char *)record->bytes + text.offset, text.len};
  return str;
}

// Verifies into buffers of every size, each filled with the record of an accepted token before.
static void records_are_complete_or_decide_nothing(void) {
  static record_buffer record, before;
  const size_t header = sizeof(boundtoken_record);
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT, 0, NULL, 0, 0, 0};
  options.now = now;
  size_t needed = 7;
  CHECK(boundtoken_verifier_largest_record(verifier) > 10000 && boundtoken_verifier_largest_record(NULL) == 0);

  CHECK(boundtoken_verify_into(verifier, token.data, token.len, &options, NULL, 0, &needed) ==
        BOUNDTOKEN_BUFFER_TOO_SMALL);
  DEMAND(needed > header && needed < 2048 && needed <= boundtoken_verifier_largest_record(verifier));
  const size_t whole = needed;
  DEMAND(boundtoken_verify_into(verifier, token.data, token.len, &options, &before, sizeof before, NULL) == BOUNDTOKEN_OK);
  CHECK(before.header.version == 1 && before.header.size == whole && before.header.status == BOUNDTOKEN_OK);
  CHECK(before.header.claims_id > 0 && before.header.http_status == 200);
  for (size_t capacity = 0; capacity < whole + 8; capacity++) {
    record = before;
    record.bytes[capacity] = 0xa5;
    boundtoken_status status =
        boundtoken_verify_into(verifier, token.data, token.len, &options, &record, capacity, &needed);
    CHECK(needed == whole && record.bytes[capacity] == 0xa5);
    CHECK(status == (capacity < whole ? BOUNDTOKEN_BUFFER_TOO_SMALL : BOUNDTOKEN_OK));
    if (status == BOUNDTOKEN_OK) {
      CHECK(memcmp(record.bytes, before.bytes, whole) == 0);
    } else if (capacity < header) {
      CHECK(is_zero(record.bytes, capacity < 4 ? capacity : 4) && is_undecided(&record, capacity));
    } else {
      CHECK(record.header.version == 1 && record.header.status == BOUNDTOKEN_BUFFER_TOO_SMALL);
      CHECK(record.header.payload.offset == 0 && record.header.claims_id == 0 && record.header.confirmed == 0);
    }
  }

  // A refusal keeps its reason, and as much of its message as there is room for.
  boundtoken_error *refusal = NULL;
  boundtoken_verified *verified = NULL;
  FAILS(boundtoken_verify_at(verifier, "x", 1, now, &verified, &error), BOUNDTOKEN_TOKEN_PART_COUNT);
  CHECK(boundtoken_verify_at(verifier, "x", 1, now, &verified, &refusal) == BOUNDTOKEN_TOKEN_PART_COUNT);
  boundtoken_str message = boundtoken_error_message(refusal);
  for (size_t capacity = 0; capacity < 1024; capacity++) {
    record = before;
    CHECK(boundtoken_verify_into(verifier, "x", 1, &options, &record, capacity, &needed) ==
          BOUNDTOKEN_TOKEN_PART_COUNT);
    if (capacity < header) {
      CHECK(is_undecided(&record, capacity));
      continue;
    }
    boundtoken_str cut = text_of(&record, record.header.message);
    CHECK(record.header.version == 1 && record.header.status == BOUNDTOKEN_TOKEN_PART_COUNT);
    CHECK(record.header.confirmed == BOUNDTOKEN_CONFIRMED_NONE && record.header.http_status == 401);
    CHECK(record.header.size <= capacity && record.header.claims_id == 0 && record.header.payload.offset == 0);
    CHECK(cut.len <= message.len && (cut.len == 0 || memcmp(cut.data, message.data, cut.len) == 0));
    CHECK((cut.len == message.len) == (capacity >= needed));
    if (capacity >= needed) {
      CHECK(same(text_of(&record, record.header.www_authenticate), boundtoken_error_www_authenticate(refusal)));
      CHECK(same(text_of(&record, record.header.name), boundtoken_error_name(refusal)));
    }
  }
  boundtoken_error_free(refusal);

  // A mistake of the program has a record too.
  record = before;
  CHECK(boundtoken_verify_into(NULL, "x", 1, NULL, &record, sizeof record, &needed) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(record.header.version == 1 && record.header.status == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(record.header.http_status == 500 && record.header.www_authenticate.offset == 0);
  CHECK(contains(text_of(&record, record.header.message), "`verifier`"));
  CHECK(boundtoken_verify_into(verifier, NULL, 1, NULL, &record, sizeof record, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(contains(text_of(&record, record.header.message), "`token`"));
  CHECK(boundtoken_verify_into(verifier, "x", TOO_LONG, NULL, &record, sizeof record, NULL) ==
        BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  // Without a buffer the status alone remains, whatever the capacity is.
  CHECK(boundtoken_verify_into(verifier, "x", 1, NULL, NULL, TOO_LONG, NULL) == BOUNDTOKEN_TOKEN_PART_COUNT);
  CHECK(boundtoken_verify_into(verifier, NULL, 0, NULL, &record, sizeof record, NULL) == BOUNDTOKEN_TOKEN_EMPTY);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

static void options_are_checked(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "somebody else", keys, NULL);
  boundtoken_str vault = BOUNDTOKEN_STR("vault"), bad = BOUNDTOKEN_STR("\xff");
  record_buffer record;
  const boundtoken_verify_options at_now = {sizeof at_now, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0};
  boundtoken_verify_options options = at_now;
#define VERIFY(changed) \
  boundtoken_verify_into(verifier, token.data, token.len, &(changed), record.bytes, sizeof record, NULL)
  options.size = sizeof options - 1;
  CHECK(VERIFY(options) == BOUNDTOKEN_STRUCT_TOO_SMALL);
  options = at_now;
  options.flags |= 1u << 31;
  CHECK(VERIFY(options) == BOUNDTOKEN_UNKNOWN_VALUE);
  options = at_now;
  options.reserved = 1;
  CHECK(VERIFY(options) == BOUNDTOKEN_UNKNOWN_VALUE);
  options = at_now;
  options.flags |= BOUNDTOKEN_VERIFY_ONLINE | BOUNDTOKEN_VERIFY_CACHED_ONLY;
  CHECK(VERIFY(options) == BOUNDTOKEN_UNKNOWN_VALUE);
  options = at_now;
  options.now = -1;
  CHECK(VERIFY(options) == BOUNDTOKEN_NEGATIVE_TIME);
  options.flags = 0;
  CHECK(VERIFY(options) != BOUNDTOKEN_NEGATIVE_TIME);
  options = at_now;
  options.audiences_len = 1;
  CHECK(VERIFY(options) == BOUNDTOKEN_NULL_ARGUMENT);
  options.audiences = &bad;
  CHECK(VERIFY(options) == BOUNDTOKEN_NOT_UTF8);

  options = at_now;
  CHECK(VERIFY(options) == BOUNDTOKEN_AUDIENCE_MISMATCH);
  options.audiences = &vault;
  options.audiences_len = 1;
  CHECK(VERIFY(options) == BOUNDTOKEN_OK);
  CHECK(record.header.matched_audiences.count == 1);
  // No audiences are those of the verifier, unless the caller says that there are none.
  options.audiences_len = 0;
  CHECK(VERIFY(options) == BOUNDTOKEN_AUDIENCE_MISMATCH);
  boundtoken_verifier *for_vault = verifier_of(issuer, "vault", keys, NULL);
  CHECK(boundtoken_verify_into(for_vault, token.data, token.len, &at_now, NULL, 0, NULL) == BOUNDTOKEN_BUFFER_TOO_SMALL);
  options.flags |= BOUNDTOKEN_VERIFY_FOR;
  CHECK(boundtoken_verify_into(for_vault, token.data, token.len, &options, NULL, 0, NULL) ==
        BOUNDTOKEN_AUDIENCE_MISMATCH);
#undef VERIFY
  boundtoken_verifier_free(for_vault);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

static void never_called(void *userdata) {
  (void)userdata;
  CHECK(!"called");
}

static void count_userdata(void *userdata) { ++*(int *)userdata; }

// Without a cluster everything is decided at once.
static void verifications_are_started_and_finished(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verification *verification = (boundtoken_verification *)&jwks;
  record_buffer record;
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0};
  int freed = 0;
  FAILS(boundtoken_verification_start(NULL, "x", 1, NULL, never_called, &freed, count_userdata, &verification, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(verification == NULL);
  FAILS(boundtoken_verification_start(verifier, "x", 1, NULL, never_called, &freed, count_userdata, NULL, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verification_start(verifier, NULL, 1, NULL, never_called, &freed, count_userdata, &verification, &error),
        BOUNDTOKEN_NULL_ARGUMENT);
  options.flags |= BOUNDTOKEN_VERIFY_CACHED_ONLY;
  FAILS(boundtoken_verification_start(verifier, "x", 1, &options, never_called, &freed, count_userdata, &verification, &error),
        BOUNDTOKEN_UNKNOWN_VALUE);
  CHECK(freed == 0);
  options.flags = BOUNDTOKEN_VERIFY_AT;

  DEMAND(boundtoken_verification_start(verifier, token.data, token.len, &options, never_called, &freed, count_userdata,
                                       &verification, NULL) == BOUNDTOKEN_OK);
  // It keeps the verifier alive.
  boundtoken_verifier_free(verifier);
  CHECK(boundtoken_verification_is_ready(verification) == 1 && boundtoken_verification_is_ready(NULL) == 1);
  CHECK(boundtoken_verification_finish(verification, 0, &record, sizeof record, NULL) == BOUNDTOKEN_OK);
  CHECK(record.header.status == BOUNDTOKEN_OK && record.header.payload.len > 0);
  CHECK(boundtoken_verification_finish(NULL, 0, &record, sizeof record, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(record.header.status == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(freed == 0);
  boundtoken_verification_free(verification);
  boundtoken_verification_free(NULL);
  CHECK(freed == 1);
  boundtoken_keys_free(keys);
}

// Looks up the objects of a token between two steps, and confirms it.
static void tokens_are_checked_and_confirmed(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verifier *other = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_checked *checked = NULL;
  boundtoken_verified *verified = NULL;
  record_buffer record;
  size_t count = 7;
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0}, cached = options;
  cached.flags |= BOUNDTOKEN_VERIFY_CACHED_ONLY;
  FAILS(boundtoken_check(NULL, token.data, token.len, &options, &checked, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_check(verifier, token.data, token.len, &options, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_check(verifier, token.data, token.len, &cached, &checked, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_check(verifier, "x", 1, &options, &checked, &error), BOUNDTOKEN_TOKEN_PART_COUNT);
  CHECK(checked == NULL && boundtoken_checked_objects(NULL, &count) == NULL && count == 0);
  CHECK(boundtoken_checked_issuer_label(NULL).data == NULL);

  DEMAND(boundtoken_check(verifier, token.data, token.len, &options, &checked, NULL) == BOUNDTOKEN_OK);
  const boundtoken_bound_object *objects = boundtoken_checked_objects(checked, &count);
  DEMAND(count == 2 && objects[0].kind == BOUNDTOKEN_OBJECT_KIND_SERVICE_ACCOUNT);
  CHECK(objects[1].kind == BOUNDTOKEN_OBJECT_KIND_POD && contains(objects[1].object_name, "live"));
  CHECK(contains(objects[1].object_namespace, "demo") && objects[1].uid.len == 36);
  CHECK(contains(boundtoken_checked_issuer_label(checked), issuer));
  boundtoken_found_object found[2];
  for (size_t i = 0; i < 2; i++) {
    found[i].state = BOUNDTOKEN_OBJECT_STATE_PRESENT;
    found[i].reserved = 0;
    found[i].uid = objects[i].uid;
    found[i].deletion_timestamp = 0;
  }
#define CONFIRM(by, len) boundtoken_confirm(by, checked, found, len, &options, &verified, &error)
#define RECORD() boundtoken_confirm_into(verifier, checked, found, 2, &options, &record, sizeof record, NULL)
  FAILS(boundtoken_confirm(verifier, NULL, found, 2, &options, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_confirm(verifier, checked, NULL, 2, &options, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_confirm(verifier, checked, found, 2, &options, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(CONFIRM(verifier, 1), BOUNDTOKEN_ANSWERS_MISSING);
  FAILS(CONFIRM(verifier, 3), BOUNDTOKEN_ANSWERS_MISSING);
  FAILS(CONFIRM(other, 2), BOUNDTOKEN_VERIFIER_MISMATCH);
  found[1].state = BOUNDTOKEN_OBJECT_STATE_ABSENT;
  FAILS(CONFIRM(verifier, 2), BOUNDTOKEN_POD_NOT_FOUND);
  CHECK(RECORD() == BOUNDTOKEN_POD_NOT_FOUND && record.header.status == BOUNDTOKEN_POD_NOT_FOUND);
  found[1].state = 99;
  FAILS(CONFIRM(verifier, 2), BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE);
  found[1].state = BOUNDTOKEN_OBJECT_STATE_PRESENT;
  found[1].deletion_timestamp = -1;
  FAILS(CONFIRM(verifier, 2), BOUNDTOKEN_NEGATIVE_TIME);
  found[1].deletion_timestamp = now - 60;
  FAILS(CONFIRM(verifier, 2), BOUNDTOKEN_POD_DELETED);
  found[1].deletion_timestamp = 0;
  found[1].uid = found[0].uid;
  FAILS(CONFIRM(verifier, 2), BOUNDTOKEN_POD_UID_MISMATCH);
  found[1].uid = objects[1].uid;
  for (int again = 0; again < 2; again++) {
    CHECK(boundtoken_confirm(verifier, checked, found, 2, &options, &verified, NULL) == BOUNDTOKEN_OK && verified != NULL);
    boundtoken_verified_free(verified);
    CHECK(RECORD() == BOUNDTOKEN_OK && record.header.confirmed == BOUNDTOKEN_CONFIRMED_LIVE);
    CHECK(record.header.bound_objects.count == 2);
  }
  options.now += 100000;
  FAILS(CONFIRM(verifier, 2), BOUNDTOKEN_EXPIRED);
#undef CONFIRM
#undef RECORD
  boundtoken_checked_free(checked);
  boundtoken_checked_free(NULL);
  boundtoken_verifier_free(other);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

static void errors_say_everything_in_one_call(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verified *verified = NULL;
  boundtoken_error *refusal = NULL;
  boundtoken_error_details details;
  memset(&details, 0, sizeof details);
  CHECK(boundtoken_verify(verifier, "x", 1, &verified, &refusal) == BOUNDTOKEN_TOKEN_PART_COUNT);
  CHECK(boundtoken_error_get(refusal, &details) == BOUNDTOKEN_STRUCT_TOO_SMALL);
  CHECK(boundtoken_error_get(refusal, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  details.size = sizeof details;
  CHECK(boundtoken_error_get(NULL, &details) == BOUNDTOKEN_NULL_ARGUMENT && details.status == 0);
  CHECK(boundtoken_error_get(refusal, &details) == BOUNDTOKEN_OK && details.size == sizeof details);
  CHECK(details.status == BOUNDTOKEN_TOKEN_PART_COUNT && details.http_status == 401);
  CHECK(same(details.name, boundtoken_error_name(refusal)) && same(details.message, boundtoken_error_message(refusal)));
  CHECK(same(details.www_authenticate, boundtoken_error_www_authenticate(refusal)));
  CHECK(details.remedy.len > 0 && details.remedy.len < details.message.len);
  boundtoken_error_free(refusal);
  CHECK(boundtoken_verify(NULL, "x", 1, &verified, &refusal) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_error_get(refusal, &details) == BOUNDTOKEN_OK);
  CHECK(details.http_status == 500 && details.www_authenticate.len == 0);
  boundtoken_error_free(refusal);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);

  boundtoken_str info = boundtoken_build_info();
  CHECK(contains(info, "\"version\":\"" BOUNDTOKEN_VERSION_STRING "\"") && contains(info, "\"cryptography\""));
}

static void never_logged(void *userdata, const boundtoken_log_line *line) { (void)userdata, (void)line; }

static void the_log_is_set(void) {
  int freed = 0;
  FAILS(boundtoken_set_log(never_logged, 99, &freed, count_userdata, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  CHECK(freed == 0);
  CHECK(boundtoken_set_log(never_logged, BOUNDTOKEN_LOG_LEVEL_DEBUG, &freed, count_userdata, NULL) == BOUNDTOKEN_OK);
  CHECK(freed == 0);
  CHECK(boundtoken_set_log(NULL, BOUNDTOKEN_LOG_LEVEL_NONE, NULL, NULL, NULL) == BOUNDTOKEN_OK && freed == 1);
}

// Runs on a thread of its own: the standard library of Rust keeps a few bytes for a thread that starts others until it ends.
static void *many_tokens_are_verified_in_one_call(void *unused) {
  (void)unused;
  enum { COUNT = 100, STRIDE = 2048 };
  static unsigned char buffer[COUNT * STRIDE];
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0}, cached = options;
  boundtoken_str tokens[COUNT];
  cached.flags |= BOUNDTOKEN_VERIFY_CACHED_ONLY;
  for (size_t i = 0; i < COUNT; i++) {
    tokens[i].data = i % 3 == 0 ? "\xff" : token.data;
    tokens[i].len = i % 3 == 0 ? 1 : token.len;
  }
  FAILS(boundtoken_verify_batch(NULL, tokens, COUNT, &options, 2, buffer, STRIDE, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_batch(verifier, NULL, COUNT, &options, 2, buffer, STRIDE, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_batch(verifier, tokens, COUNT, &options, 2, NULL, STRIDE, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_batch(verifier, tokens, COUNT, &cached, 2, buffer, STRIDE, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_verify_batch(verifier, tokens, COUNT, &options, 0, buffer, STRIDE, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_verify_batch(verifier, tokens, COUNT, &options, 1025, buffer, STRIDE, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_verify_batch(verifier, tokens, COUNT, &options, 2, buffer, 295, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_verify_batch(verifier, tokens, COUNT, &options, 2, buffer, 297, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  CHECK(boundtoken_verify_batch(verifier, NULL, 0, &options, 1, NULL, STRIDE, NULL) == BOUNDTOKEN_OK);
  for (uint32_t threads = 1; threads < 4; threads++) {
    memset(buffer, 0xff, sizeof buffer);
    CHECK(boundtoken_verify_batch(verifier, tokens, COUNT, &options, threads, buffer, STRIDE, NULL) == BOUNDTOKEN_OK);
    for (size_t i = 0; i < COUNT; i++) {
      boundtoken_record header;
      memcpy(&header, buffer + i * STRIDE, sizeof header);
      CHECK(header.version == 1 && header.size <= STRIDE);
      if (i % 3 == 0) {
        CHECK(header.status == BOUNDTOKEN_TOKEN_PART_COUNT);
      } else {
        CHECK(header.status == BOUNDTOKEN_OK && header.payload.len > 0);
      }
    }
  }
  CHECK(boundtoken_verify_batch(verifier, tokens, 2, &options, 1, buffer, 296, NULL) == BOUNDTOKEN_OK);
  boundtoken_record small;
  memcpy(&small, buffer + 296, sizeof small);
  CHECK(small.version == 1 && small.status == BOUNDTOKEN_BUFFER_TOO_SMALL && small.payload.offset == 0);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
  return NULL;
}

static void verdicts_are_counted(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0};
  boundtoken_statistics statistics;
  memset(&statistics, 0, sizeof statistics);
  for (int again = 0; again < 3; again++) {
    CHECK(boundtoken_verify_into(verifier, token.data, token.len, &options, NULL, 0, NULL) == BOUNDTOKEN_BUFFER_TOO_SMALL);
  }
  CHECK(boundtoken_verify_into(verifier, "x", 1, &options, NULL, 0, NULL) == BOUNDTOKEN_TOKEN_PART_COUNT);
  CHECK(boundtoken_verifier_statistics(verifier, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_verifier_statistics(verifier, &statistics) == BOUNDTOKEN_STRUCT_TOO_SMALL);
  statistics.size = sizeof statistics;
  CHECK(boundtoken_verifier_statistics(NULL, &statistics) == BOUNDTOKEN_NULL_ARGUMENT && statistics.keys == 0);
  CHECK(boundtoken_verifier_statistics(verifier, &statistics) == BOUNDTOKEN_OK && statistics.size == sizeof statistics);
  CHECK(statistics.accepted_first == 1 && statistics.accepted_again == 2 && statistics.refused_for_form == 1);
  CHECK(statistics.remembered_tokens == 1 && statistics.cache_size > token.len && statistics.keys == 1);
  CHECK(statistics.fast_rsa_disagreements == 0);
  CHECK(statistics.fast_p256_disagreements == 0 && statistics.fast_p256_keys == 0);
  CHECK(statistics.fast_rsa_state == BOUNDTOKEN_FAST_RSA_ON || statistics.fast_rsa_keys == 0);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

// A program with watches of its own: lists, events, bookmarks.
static void a_store_follows_by_feeds(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_objects *objects = NULL;
  boundtoken_feed *feeds[2] = {NULL, NULL};
  boundtoken_scope scopes[2], bad;
  boundtoken_listed_object account, pod, nameless, early;
  memset(scopes, 0, sizeof scopes);
  memset(&pod, 0, sizeof pod);
  scopes[0].kind = BOUNDTOKEN_OBJECT_KIND_SERVICE_ACCOUNT;
  scopes[1].kind = BOUNDTOKEN_OBJECT_KIND_POD;
  scopes[1].object_namespace = BOUNDTOKEN_STR("demo");
  bad = scopes[0];
  bad.kind = 99;
  FAILS(boundtoken_objects_following(NULL, 1, 60, feeds, &objects, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_following(scopes, 2, 60, NULL, &objects, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_following(scopes, 2, 60, feeds, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_objects_following(scopes, 0, 60, feeds, &objects, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_objects_following(scopes, 2, 0, feeds, &objects, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_objects_following(scopes, 2, 86401, feeds, &objects, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  FAILS(boundtoken_objects_following(&bad, 1, 60, feeds, &objects, &error), BOUNDTOKEN_UNKNOWN_VALUE);
  CHECK(objects == NULL && feeds[0] == NULL && boundtoken_objects_are_stale(NULL) == 1);
  DEMAND(boundtoken_objects_following(scopes, 2, 3600, feeds, &objects, NULL) == BOUNDTOKEN_OK);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, objects);
  boundtoken_verified *verified = NULL;
  boundtoken_verifier *any = verifier_of(issuer, "vault", keys, NULL);
  DEMAND(boundtoken_verify_at(any, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  boundtoken_claims claims = boundtoken_claims_init();
  DEMAND(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK);
  pod.object_namespace = claims.service_account_namespace;
  pod.object_name = claims.pod_name;
  pod.uid = claims.pod_uid;
  account = pod;
  account.object_name = claims.service_account_name;
  account.uid = claims.service_account_uid;
  nameless = pod;
  nameless.object_name = NOBODY;
  early = pod;
  early.deletion_timestamp = -1;
#define VERDICT() boundtoken_verify_at(verifier, token.data, token.len, now, &again, NULL)
  boundtoken_verified *again = NULL;
  // Nothing was listed yet.
  CHECK(boundtoken_objects_are_stale(objects) == 1 && VERDICT() == BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE);
  FAILS(boundtoken_feed_replace(NULL, &pod, 1, 0, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_feed_replace(feeds[1], NULL, 1, 0, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_feed_replace(feeds[1], &nameless, 1, 0, &error), BOUNDTOKEN_OBJECT_INCOMPLETE);
  FAILS(boundtoken_feed_replace(feeds[1], &early, 1, 0, &error), BOUNDTOKEN_NEGATIVE_TIME);
  FAILS(boundtoken_feed_upsert(feeds[1], NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_feed_delete(NULL, &pod, &error), BOUNDTOKEN_NULL_ARGUMENT);
  boundtoken_feed_prove(NULL);
  CHECK(boundtoken_feed_replace(feeds[0], &account, 1, 0, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_objects_are_stale(objects) == 1);
  CHECK(boundtoken_feed_replace(feeds[1], NULL, 0, 0, NULL) == BOUNDTOKEN_OK);
  // The token is new, so its pod may not have shown up yet.
  CHECK(boundtoken_objects_are_stale(objects) == 0 && VERDICT() == BOUNDTOKEN_BOUND_OBJECT_PENDING);
  CHECK(boundtoken_feed_upsert(feeds[1], &pod, NULL) == BOUNDTOKEN_OK && VERDICT() == BOUNDTOKEN_OK);
  boundtoken_verified_free(again);
  CHECK(boundtoken_feed_delete(feeds[1], &pod, NULL) == BOUNDTOKEN_OK && VERDICT() == BOUNDTOKEN_POD_NOT_FOUND);
  CHECK(boundtoken_feed_replace(feeds[1], &pod, 1, 0, NULL) == BOUNDTOKEN_OK && VERDICT() == BOUNDTOKEN_OK);
  boundtoken_verified_free(again);
  // The store outlives its feeds, for a while.
  boundtoken_feed_free(feeds[1]);
  boundtoken_feed_free(NULL);
  boundtoken_feed_prove(feeds[0]);
  CHECK(boundtoken_objects_are_stale(objects) == 0);
#undef VERDICT
  boundtoken_feed_free(feeds[0]);
  boundtoken_verified_free(verified);
  boundtoken_verifier_free(any);
  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
}

static void a_store_is_replaced_as_a_whole(void) {
  boundtoken_objects *objects = boundtoken_objects_new();
  boundtoken_str pod = BOUNDTOKEN_STR("{\"pods\":[{\"metadata\":{\"namespace\":\"a\",\"name\":\"b\",\"uid\":\"c\"}}]}");
  size_t loaded = 0;
  CHECK(boundtoken_objects_load_json(objects, objects_json.data, objects_json.len, &loaded, NULL) == BOUNDTOKEN_OK);
  CHECK(loaded > 1 && boundtoken_objects_count(objects) == loaded);
  FAILS(boundtoken_objects_replace_json(objects, "x", 1, NULL, &error), BOUNDTOKEN_OBJECTS_UNREADABLE);
  FAILS(boundtoken_objects_replace_json(NULL, pod.data, pod.len, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(boundtoken_objects_count(objects) == loaded);
  CHECK(boundtoken_objects_replace_json(objects, pod.data, pod.len, &loaded, NULL) == BOUNDTOKEN_OK);
  CHECK(loaded == 1 && boundtoken_objects_count(objects) == 1);
  boundtoken_objects_free(objects);
}

static void handles_are_retained(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_objects *objects = boundtoken_objects_new();
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verified *verified = NULL;
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_keys_retain(keys) == keys && boundtoken_objects_retain(objects) == objects);
  CHECK(boundtoken_verifier_retain(verifier) == verifier && boundtoken_verified_retain(verified) == verified);
  for (int twice = 0; twice < 2; twice++) {
    boundtoken_claims claims = boundtoken_claims_init();
    CHECK(boundtoken_keys_count(keys) == 1 && boundtoken_objects_count(objects) == 0);
    CHECK(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK);
    CHECK(boundtoken_verify_into(verifier, "x", 1, NULL, NULL, 0, NULL) == BOUNDTOKEN_TOKEN_PART_COUNT);
    boundtoken_keys_free(keys);
    boundtoken_objects_free(objects);
    boundtoken_verifier_free(verifier);
    boundtoken_verified_free(verified);
  }
  CHECK(boundtoken_keys_retain(NULL) == NULL && boundtoken_objects_retain(NULL) == NULL);
  CHECK(boundtoken_verifier_retain(NULL) == NULL && boundtoken_verified_retain(NULL) == NULL);
}

static void only_what_takes_no_signature_check_is_decided(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  record_buffer record;
  boundtoken_verify_options whole = {sizeof whole, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0}, cached = whole;
  cached.flags |= BOUNDTOKEN_VERIFY_CACHED_ONLY;
#define VERIFY(options, text, len) \
  boundtoken_verify_into(verifier, text, len, &(options), &record, sizeof record, NULL)
  for (int again = 0; again < 2; again++) {
    CHECK(VERIFY(cached, token.data, token.len) == BOUNDTOKEN_NOT_CACHED);
    CHECK(record.header.status == BOUNDTOKEN_NOT_CACHED && record.header.payload.offset == 0);
  }
  CHECK(VERIFY(cached, token.data, token.len - 1) == BOUNDTOKEN_TOKEN_NOT_BASE64URL);
  CHECK(VERIFY(whole, token.data, token.len) == BOUNDTOKEN_OK);
  const uint64_t id = record.header.claims_id;
  CHECK(VERIFY(cached, token.data, token.len) == BOUNDTOKEN_OK);
  CHECK(record.header.claims_id == id && id > 0);
  boundtoken_str other =
      BOUNDTOKEN_STR("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
                     "\"kid\":\"other\"}]}");
  CHECK(boundtoken_keys_replace_jwks(keys, other.data, other.len, NULL) == BOUNDTOKEN_OK);
  CHECK(VERIFY(cached, token.data, token.len) == BOUNDTOKEN_KEY_UNKNOWN);
#undef VERIFY
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

// A callback with a fixed answer. It counts its calls.
typedef struct {
  unsigned state;
  const char *uid;  // NULL stands for the right uid
  size_t uid_len;
  int64_t deletion_timestamp;
  boundtoken_claims claims;
  int calls;
  int freed;
} oracle;

static boundtoken_object_state answer_as_told(void *userdata, const boundtoken_object_query *query,
                                              boundtoken_object_answer *answer) {
  oracle *told = (oracle *)userdata;
  const boundtoken_object_kind kind = query->kind;
  boundtoken_str uid = kind == BOUNDTOKEN_OBJECT_KIND_POD ? told->claims.pod_uid : told->claims.service_account_uid;
  told->calls++;
  CHECK(kind == BOUNDTOKEN_OBJECT_KIND_POD || kind == BOUNDTOKEN_OBJECT_KIND_SERVICE_ACCOUNT);
  CHECK(query->size == sizeof *query && answer->size == sizeof *answer);
  CHECK(same(query->object_namespace, told->claims.service_account_namespace));
  CHECK(same(query->object_name,
             kind == BOUNDTOKEN_OBJECT_KIND_POD ? told->claims.pod_name : told->claims.service_account_name));
  CHECK(answer->uid_len == 0 && answer->deletion_timestamp == 0);
  if (told->uid != NULL) {
    memcpy(answer->uid, told->uid, strlen(told->uid));
    answer->uid_len = told->uid_len;
  } else {
    memcpy(answer->uid, uid.data, uid.len);
    answer->uid_len = uid.len;
  }
  answer->deletion_timestamp = told->deletion_timestamp;
  return (boundtoken_object_state)told->state;
}

static void count_free(void *userdata) { ((oracle *)userdata)->freed++; }

static boundtoken_status ask(oracle *told, boundtoken_on_unavailable choice, boundtoken_confirmed *confirmed) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_objects *objects = NULL;
  boundtoken_verifier *verifier = NULL;
  boundtoken_verified *verified = NULL;
  boundtoken_claims claims = boundtoken_claims_init();
  told->calls = 0;
  told->freed = 0;
  DEMAND(boundtoken_objects_from_callback(answer_as_told, told, count_free, &objects, NULL) == BOUNDTOKEN_OK);
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(issuer), keys, objects);
  boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault"));
  boundtoken_verifier_builder_on_unavailable(builder, choice);
  DEMAND(boundtoken_verifier_builder_build(builder, &verifier, NULL) == BOUNDTOKEN_OK);
  // The verifier shares keys and objects, so the caller may free its handles.
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
  boundtoken_status status = boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL);
  if (boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK) *confirmed = claims.confirmed;
  boundtoken_verified_free(verified);
  CHECK(told->freed == 0);
  boundtoken_verifier_free(verifier);
  CHECK(told->freed == 1);
  return status;
}

static void call_backs_are_not_trusted(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, NULL);
  boundtoken_verified *verified = NULL;
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  oracle told;
  memset(&told, 0, sizeof told);
  told.claims = boundtoken_claims_init();
  DEMAND(boundtoken_verified_claims(verified, &told.claims) == BOUNDTOKEN_OK);
  boundtoken_confirmed confirmed = BOUNDTOKEN_CONFIRMED_NOT_CHECKED;
  const oracle honest = told;

  told.state = BOUNDTOKEN_OBJECT_STATE_PRESENT;
  CHECK(ask(&told, BOUNDTOKEN_ON_UNAVAILABLE_REFUSE, &confirmed) == BOUNDTOKEN_OK);
  CHECK(confirmed == BOUNDTOKEN_CONFIRMED_LIVE && told.calls == 2);
  told.deletion_timestamp = now - 59;
  CHECK(ask(&told, BOUNDTOKEN_ON_UNAVAILABLE_REFUSE, &confirmed) == BOUNDTOKEN_OK);
  told.deletion_timestamp = now - 60;
  CHECK(ask(&told, BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT, &confirmed) == BOUNDTOKEN_SERVICE_ACCOUNT_DELETED);
  CHECK(told.calls == 1);
  told.deletion_timestamp = 0;
  told.uid = "another";
  told.uid_len = 7;
  CHECK(ask(&told, BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT, &confirmed) == BOUNDTOKEN_SERVICE_ACCOUNT_UID_MISMATCH);
  told.uid_len = 0;
  CHECK(ask(&told, BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT, &confirmed) == BOUNDTOKEN_SERVICE_ACCOUNT_UID_MISMATCH);
  told = honest;
  told.state = BOUNDTOKEN_OBJECT_STATE_ABSENT;
  CHECK(ask(&told, BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT, &confirmed) == BOUNDTOKEN_SERVICE_ACCOUNT_NOT_FOUND);

  // An invalid answer counts as unavailable.
  oracle senseless[7];
  for (size_t i = 0; i < 7; i++) {
    senseless[i] = honest;
    senseless[i].state = BOUNDTOKEN_OBJECT_STATE_PRESENT;
  }
  senseless[0].state = BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE;
  senseless[1].state = 4;
  senseless[2].state = 0xffffffff;
  senseless[3].uid = "x";
  senseless[3].uid_len = BOUNDTOKEN_UID_SIZE + 1;
  senseless[4].uid = "x";
  senseless[4].uid_len = TOO_LONG;
  senseless[5].uid = "\xc3";
  senseless[5].uid_len = 1;
  senseless[6].deletion_timestamp = -1;
  for (size_t i = 0; i < 7; i++) {
    CHECK(ask(&senseless[i], BOUNDTOKEN_ON_UNAVAILABLE_REFUSE, &confirmed) == BOUNDTOKEN_BOUND_OBJECT_UNAVAILABLE);
    CHECK(ask(&senseless[i], BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT, &confirmed) == BOUNDTOKEN_OK);
    CHECK(confirmed == BOUNDTOKEN_CONFIRMED_UNAVAILABLE);
  }
  // An object that is not followed refuses the token in any case.
  oracle blind = honest;
  blind.state = BOUNDTOKEN_OBJECT_STATE_NOT_FOLLOWED;
  CHECK(ask(&blind, BOUNDTOKEN_ON_UNAVAILABLE_REFUSE, &confirmed) == BOUNDTOKEN_BOUND_OBJECT_NOT_FOLLOWED);
  CHECK(ask(&blind, BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT, &confirmed) == BOUNDTOKEN_BOUND_OBJECT_NOT_FOLLOWED);
  boundtoken_verified_free(verified);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);

  // If no handle is created, the caller still owns the userdata.
  told.freed = 0;
  CHECK(boundtoken_objects_from_callback(NULL, &told, count_free, NULL, NULL) == BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(told.freed == 0);
}

static void objects_change_under_the_verifier(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_objects *objects = boundtoken_objects_new();
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, objects);
  boundtoken_verified *verified = NULL;
  boundtoken_str space, pod, uid;
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, &error),
        BOUNDTOKEN_SERVICE_ACCOUNT_NOT_FOUND);
  DEMAND(boundtoken_objects_load_json(objects, objects_json.data, objects_json.len, NULL, NULL) == BOUNDTOKEN_OK);
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  boundtoken_claims claims = boundtoken_claims_init();
  DEMAND(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK);
  CHECK(claims.confirmed == BOUNDTOKEN_CONFIRMED_LIVE);
  space = claims.service_account_namespace;
  pod = claims.pod_name;
  uid = claims.pod_uid;

  boundtoken_verified *other = NULL;
  CHECK(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, NULL) == BOUNDTOKEN_OK);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, &other, &error), BOUNDTOKEN_POD_NOT_FOUND);
  CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, space, 0, NULL) == BOUNDTOKEN_OK);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, &other, &error), BOUNDTOKEN_POD_UID_MISMATCH);
  CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, uid, now - 60, NULL) == BOUNDTOKEN_OK);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, &other, &error), BOUNDTOKEN_POD_DELETED);
  CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, uid, 0, NULL) == BOUNDTOKEN_OK);
  CHECK(boundtoken_verify_at(verifier, token.data, token.len, now, &other, NULL) == BOUNDTOKEN_OK);
  boundtoken_verified_free(other);
  boundtoken_verified_free(verified);
  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
}

static void limits_are_kept(void) {
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_verifier *verifier = NULL;
  boundtoken_verified *verified = NULL;
  boundtoken_verifier_builder *builder = complete_builder(keys);
  boundtoken_verifier_builder_max_token_size(builder, token.len - 1);
  DEMAND(boundtoken_verifier_builder_build(builder, &verifier, NULL) == BOUNDTOKEN_OK);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, &error), BOUNDTOKEN_TOKEN_TOO_LARGE);
  boundtoken_verifier_free(verifier);

  builder = complete_builder(keys);
  boundtoken_verifier_builder_leeway_seconds(builder, 0);
  DEMAND(boundtoken_verifier_builder_build(builder, &verifier, NULL) == BOUNDTOKEN_OK);
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  boundtoken_claims claims = boundtoken_claims_init();
  DEMAND(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK);
  int64_t end = claims.expires_at;
  boundtoken_verified_free(verified);
  CHECK(boundtoken_verify_at(verifier, token.data, token.len, end - 1, &verified, NULL) == BOUNDTOKEN_OK);
  boundtoken_verified_free(verified);
  FAILS(boundtoken_verify_at(verifier, token.data, token.len, end, &verified, &error), BOUNDTOKEN_EXPIRED);
  boundtoken_verifier_free(verifier);
  boundtoken_keys_free(keys);
}

static void connects_to_nothing(const char *configuration, const char *why) {
  boundtoken_cluster *cluster = (boundtoken_cluster *)&jwks;
  boundtoken_error *error = NULL;
  boundtoken_status status = boundtoken_cluster_connect(configuration, strlen(configuration), &cluster, &error);
  CHECK(status == BOUNDTOKEN_CLUSTER_CONFIGURATION && cluster == NULL);
  if (!contains(boundtoken_error_message(error), why)) {
    fprintf(stderr, "%s: %.*s\n", why, BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
    failed_checks++;
  }
  boundtoken_error_free(error);
}

// An invalid configuration is refused. A typo must not silently follow less or another cluster.
static void clusters_are_checked(void) {
  boundtoken_cluster *cluster = NULL;
  boundtoken_cluster_report *report = NULL;
  boundtoken_verified *verified = NULL;
  FAILS(boundtoken_cluster_connect("{}", 2, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_cluster_connect(NULL, 1, &cluster, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_cluster_connect("{}", TOO_LONG, &cluster, &error), BOUNDTOKEN_LENGTH_OUT_OF_RANGE);
  FAILS(boundtoken_cluster_status(NULL, &report, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_cluster_on_change(NULL, NULL, NULL, NULL, &error), BOUNDTOKEN_NULL_ARGUMENT);
  FAILS(boundtoken_verify_online(NULL, token.data, token.len, &verified, &error), BOUNDTOKEN_NULL_ARGUMENT);
  CHECK(cluster == NULL && report == NULL && verified == NULL);

  connects_to_nothing(" ", "not a JSON object");
  connects_to_nothing("[\"/nowhere/kubeconfig\"]", "not a JSON object");
  connects_to_nothing("{\"kubeconfig\": 1}", "expected a string");
  connects_to_nothing("{\"kubeConfig\": \"/nowhere\"}", "unknown field `kubeConfig`");
  connects_to_nothing("{\"secrets\": true, \"secrets\": false}", "duplicate field `secrets`");
  connects_to_nothing("{} {}", "trailing characters");
  connects_to_nothing("{\"nodes\": \"no\"}", "expected a boolean");
  connects_to_nothing("{\"webhookConfigurations\": 1}", "expected a boolean");
  connects_to_nothing("{\"namespaces\": []}", "leave it out");
  connects_to_nothing("{\"namespaces\": [\"a\", \"b\", \"a\"]}", "twice");
  connects_to_nothing("{\"namespaces\": [\"../nodes\"]}", "cannot be the name of a namespace");
  connects_to_nothing("{\"namespaces\": [\"\"]}", "cannot be the name of a namespace");
  connects_to_nothing("{\"maxStalenessSeconds\": 0}", "between 1 and 86400");
  connects_to_nothing("{\"maxKeyAgeSeconds\": 0}", "between 1 and 31536000");
  connects_to_nothing("{\"unknownKeyWaitMilliseconds\": 10001}", "between 0 and 10000");
  connects_to_nothing("{\"deadlineSeconds\": 3601}", "between 1 and 3600");
  connects_to_nothing("{\"deadlineSeconds\": -1}", "expected u64");
  connects_to_nothing("{\"inCluster\": true, \"context\": \"a\"}", "no choice");
  connects_to_nothing("{\"kubeconfig\": \"/nowhere/kubeconfig\"}", "/nowhere/kubeconfig");
  char *large = (char *)calloc(1, 64 * 1024 + 2);
  DEMAND(large != NULL);
  memset(large, ' ', 64 * 1024 + 1);
  large[0] = '{';
  connects_to_nothing(large, "more than 65536 bytes");
  free(large);
}

// Sets the limits of the cache in every way. The verdict never depends on them.
static void remembered_tokens_are_judged_as_others(void) {
  static const size_t settings[][2] = {{0, 1000}, {1000, 0}, {1, 1}, {TOO_LONG, TOO_LONG}};
  boundtoken_keys *keys = keys_of(jwks);
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    boundtoken_objects *objects = boundtoken_objects_new();
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    boundtoken_verifier *verifier = NULL;
    boundtoken_verified *verified = NULL;
    DEMAND(boundtoken_objects_load_json(objects, objects_json.data, objects_json.len, NULL, NULL) == BOUNDTOKEN_OK);
    boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(issuer), keys, objects);
    boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault"));
    CHECK(boundtoken_verifier_builder_cached_tokens(builder, settings[i][0]) == BOUNDTOKEN_OK);
    CHECK(boundtoken_verifier_builder_cache_size(builder, settings[i][1]) == BOUNDTOKEN_OK);
    DEMAND(boundtoken_verifier_builder_build(builder, &verifier, NULL) == BOUNDTOKEN_OK);
    for (int again = 0; again < 3; again++) {
      CHECK(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
      boundtoken_verified_free(verified);
    }
    boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_POD, BOUNDTOKEN_STR("demo"), BOUNDTOKEN_STR("live"), NULL);
    FAILS(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, &error), BOUNDTOKEN_POD_NOT_FOUND);
    boundtoken_verifier_free(verifier);
    boundtoken_objects_free(objects);
  }
  boundtoken_keys_free(keys);
}

int main(int argc, char **argv) {
  DEMAND(argc == 4);
  issuer = argv[2];
  now = strtoll(argv[3], NULL, 10);
  jwks = read_file(argv[1], "jwks.json");
  pem = read_file(argv[1], "signing-key.pem");
  objects_json = read_file(argv[1], "objects.json");
  token = read_file(argv[1], "token");
  huge_number_token = read_file(argv[1], "huge-number-token");

  statuses_have_names();
  null_is_freed_and_read_as_nothing();
  keys_are_checked();
  skipped_keys_say_why();
  objects_are_checked();
  builders_are_checked();
  verifications_are_checked();
  old_programs_get_the_members_they_know();
  structs_are_filled_to_their_size_only();
  claims_that_are_no_ordinary_json_are_refused();
  records_are_complete_or_decide_nothing();
  options_are_checked();
  only_what_takes_no_signature_check_is_decided();
  verifications_are_started_and_finished();
  tokens_are_checked_and_confirmed();
  errors_say_everything_in_one_call();
  the_log_is_set();
  pthread_t thread;
  DEMAND(pthread_create(&thread, NULL, many_tokens_are_verified_in_one_call, NULL) == 0);
  DEMAND(pthread_join(thread, NULL) == 0);
  verdicts_are_counted();
  a_store_follows_by_feeds();
  a_store_is_replaced_as_a_whole();
  handles_are_retained();
  call_backs_are_not_trusted();
  objects_change_under_the_verifier();
  limits_are_kept();
  clusters_are_checked();
  remembered_tokens_are_judged_as_others();

  free(jwks.data);
  free(pem.data);
  free(objects_json.data);
  free(token.data);
  free(huge_number_token.data);
  printf("misuse: %d checks failed\n", failed_checks);
  return failed_checks == 0 ? 0 : 1;
}
