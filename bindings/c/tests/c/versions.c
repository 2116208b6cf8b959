// The structs that grow, between a program and a library of different versions. The test compiles this program with the
// header, with an older one whose last members are missing (OLDER), and with a newer one whose structs each have one
// member more, `appended` (NEWER).
//
// Arguments: DIRECTORY ISSUER NOW, then the smallest sizes of claims, error details, options, statistics and change, and
// the configuration of a cluster if there is one.

#include "check.h"

// How much of its struct the library knows.
#ifdef NEWER
#define KNOWN(type) offsetof(type, appended)
#else
#define KNOWN(type) sizeof(type)
#endif

enum { UNTOUCHED = 0x5a };

static const char *issuer;
static int64_t now;
static document token;

// Whether all bytes from one offset to another are as `memset` left them.
static int is_untouched(const void *place, size_t from, size_t to) {
  const unsigned char *bytes = (const unsigned char *)place;
  for (size_t i = from; i < to; i++) {
    if (bytes[i] != UNTOUCHED) return 0;
  }
  return 1;
}

// A struct of this program, and what is behind it in memory.
#define GUARDED(type)         \
  struct {                    \
    type it;                  \
    unsigned char behind[64]; \
  }

// Has the struct filled in by a call: not at all if it is smaller than the first version, to the end of the first version,
// and as far as program and library both know it.
#define FILL(place, type, first, call)                                             \
  do {                                                                             \
    memset(&place, UNTOUCHED, sizeof place);                                       \
    place.it.size = (first) - 1;                                                   \
    CHECK((call) == BOUNDTOKEN_STRUCT_TOO_SMALL && place.it.size == (first) - 1);  \
    CHECK(is_untouched(&place, sizeof place.it.size, sizeof place));               \
    place.it.size = (first);                                                       \
    CHECK((call) == BOUNDTOKEN_OK && place.it.size == (first));                    \
    CHECK(is_untouched(&place, (first), sizeof place));                            \
    memset(&place, UNTOUCHED, sizeof place);                                       \
    place.it.size = sizeof place.it;                                               \
    CHECK((call) == BOUNDTOKEN_OK && place.it.size == KNOWN(type));                \
    CHECK(is_untouched(&place, KNOWN(type), sizeof place));                        \
  } while (0)

static void claims_are_filled_in(const boundtoken_verifier *verifier, size_t first) {
  GUARDED(boundtoken_claims) claims;
  boundtoken_verified *verified = NULL;
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == BOUNDTOKEN_OK);
  FILL(claims, boundtoken_claims, first, boundtoken_verified_claims(verified, &claims.it));
  CHECK(same(claims.it.issuer, boundtoken_str_from(issuer)) && same(claims.it.username, claims.it.subject));
  CHECK(claims.it.confirmed == BOUNDTOKEN_CONFIRMED_LIVE && claims.it.expires_at > now && claims.it.payload.len > 0);
  CHECK(claims.it.validating_webhook_configuration_name.data == NULL && claims.it.attested_api_groups_len == 0);
#ifndef OLDER
  CHECK(same(claims.it.issuer_label, claims.it.issuer));
#endif
  boundtoken_verified_free(verified);
}

static void error_details_are_filled_in(const boundtoken_verifier *verifier, size_t first) {
  GUARDED(boundtoken_error_details) details;
  boundtoken_verified *verified = NULL;
  boundtoken_error *error = NULL;
  DEMAND(boundtoken_verify_at(verifier, "x.y", 3, now, &verified, &error) == BOUNDTOKEN_TOKEN_PART_COUNT);
  FILL(details, boundtoken_error_details, first, boundtoken_error_get(error, &details.it));
  CHECK(details.it.status == BOUNDTOKEN_TOKEN_PART_COUNT && details.it.http_status == 401);
  CHECK(same(details.it.name, boundtoken_error_name(error)) && same(details.it.message, boundtoken_error_message(error)));
  CHECK(details.it.remedy.len > 0 && details.it.www_authenticate.len > 0);
  boundtoken_error_free(error);
}

static void statistics_are_filled_in(const boundtoken_verifier *verifier, size_t first) {
  GUARDED(boundtoken_statistics) statistics;
  FILL(statistics, boundtoken_statistics, first, boundtoken_verifier_statistics(verifier, &statistics.it));
  CHECK(statistics.it.fast_rsa_state <= BOUNDTOKEN_FAST_RSA_SWITCHED_OFF && statistics.it.accepted_first == 1);
  CHECK(statistics.it.refused_for_form == 1 && statistics.it.fast_rsa_disagreements == 0);
}

static void options_are_read(const boundtoken_verifier *verifier, size_t first) {
  boundtoken_str audience = BOUNDTOKEN_STR("nobody");
  GUARDED(boundtoken_verify_options) options, before;
  memset(&options, UNTOUCHED, sizeof options);
  options.it.size = sizeof options.it;
  options.it.flags = BOUNDTOKEN_VERIFY_AT;
  options.it.now = now;
  options.it.audiences = NULL;
  options.it.audiences_len = 0;
  options.it.timeout_milliseconds = 0;
  options.it.reserved = 0;
  before = options;
#define STATUS() boundtoken_verify_into(verifier, token.data, token.len, &options.it, NULL, 0, NULL)
  CHECK(STATUS() == BOUNDTOKEN_BUFFER_TOO_SMALL);
  CHECK(memcmp(&options, &before, sizeof options) == 0);
  options.it.size = first;
  CHECK(STATUS() == BOUNDTOKEN_BUFFER_TOO_SMALL);
  options.it.audiences = &audience;
  options.it.audiences_len = 1;
  CHECK(STATUS() == BOUNDTOKEN_AUDIENCE_MISMATCH);
  options.it.size = first - 1;
  CHECK(STATUS() == BOUNDTOKEN_STRUCT_TOO_SMALL);
#undef STATUS
}

// A callback sees by `size` which members there are.
static boundtoken_object_state answers(void *userdata, const boundtoken_object_query *query,
                                       boundtoken_object_answer *answer) {
  ++*(int *)userdata;
  CHECK(query->size == KNOWN(boundtoken_object_query) && answer->size == KNOWN(boundtoken_object_answer));
  CHECK(query->object_name.len > 0 && answer->uid_len == 0 && answer->deletion_timestamp == 0);
  return BOUNDTOKEN_OBJECT_STATE_ABSENT;
}

static void callbacks_are_asked(const boundtoken_keys *keys) {
  int calls = 0;
  boundtoken_objects *objects = NULL;
  boundtoken_verified *verified = NULL;
  DEMAND(boundtoken_objects_from_callback(answers, &calls, NULL, &objects, NULL) == BOUNDTOKEN_OK);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, objects);
  CHECK(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) ==
        BOUNDTOKEN_SERVICE_ACCOUNT_NOT_FOUND);
  CHECK(calls == 1 && verified == NULL);
  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
}

// The watches of a cluster are cut off as soon as this program says that it is ready.
static void changes_are_filled_in(const char *configuration, size_t first) {
  GUARDED(boundtoken_cluster_change) change;
  boundtoken_cluster *cluster = NULL;
  boundtoken_cluster_changes *changes = NULL;
  DEMAND(boundtoken_cluster_connect(configuration, strlen(configuration), &cluster, NULL) == BOUNDTOKEN_OK);
  DEMAND(boundtoken_cluster_changes_new(cluster, &changes, NULL) == BOUNDTOKEN_OK);
  puts("ready");
  fflush(stdout);
  FILL(change, boundtoken_cluster_change, first, boundtoken_cluster_next_change(changes, 60000, &change.it, NULL));
  CHECK(change.it.change == BOUNDTOKEN_CHANGE_LOST && change.it.object_kind != BOUNDTOKEN_OBJECT_KIND_NONE);
  CHECK(change.it.object_namespace.data == NULL && change.it.kid.data == NULL && change.it.failure.len > 0);
  boundtoken_cluster_changes_free(changes);
  boundtoken_cluster_free(cluster);
}

int main(int argc, char **argv) {
  DEMAND(argc == 9 || argc == 10);
  issuer = argv[2];
  now = strtoll(argv[3], NULL, 10);
  size_t first[5];
  for (size_t i = 0; i < 5; i++) first[i] = (size_t)strtoull(argv[4 + i], NULL, 10);
  token = read_file(argv[1], "token");
  document jwks = read_file(argv[1], "jwks.json"), list = read_file(argv[1], "objects.json");
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_objects *objects = boundtoken_objects_new();
  DEMAND(boundtoken_objects_load_json(objects, list.data, list.len, NULL, NULL) == BOUNDTOKEN_OK);
  boundtoken_verifier *verifier = verifier_of(issuer, "vault", keys, objects);

  claims_are_filled_in(verifier, first[0]);
  error_details_are_filled_in(verifier, first[1]);
  statistics_are_filled_in(verifier, first[3]);
  options_are_read(verifier, first[2]);
  callbacks_are_asked(keys);
  if (argc == 10) changes_are_filled_in(argv[9], first[4]);

  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
  free(token.data);
  free(jwks.data);
  free(list.data);
  return failed_checks != 0;
}
