// Eight threads verify while another thread replaces keys and objects. Every verdict must be right for some moment,
// and each of the possible verdicts must occur.
// Usage: `threads DIRECTORY ISSUER NOW`. The directory is as for misuse.c, with the keys of another issuer in
// other-jwks.json.

#define _POSIX_C_SOURCE 200809L

#include "check.h"
#include <pthread.h>

enum { WORKERS = 8, ROUNDS = 150 };

static document token;
static int64_t now;
static boundtoken_verifier *verifier;
// The first thread that asks for its claims or JSON creates them.
static boundtoken_verified *shared;
static pthread_barrier_t start;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int finished = 0;

static int is_finished(void) {
  pthread_mutex_lock(&lock);
  int answer = finished;
  pthread_mutex_unlock(&lock);
  return answer;
}

typedef struct {
  long accepted, key_unknown, pod_not_found, pod_uid_mismatch, impossible;
} tally;

// Verifies into a buffer of this thread. The record is that of this call, whatever the others change.
static boundtoken_status verify_into(const boundtoken_claims *expected) {
  union {
    boundtoken_record header;
    char bytes[4096];
  } record;
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT, now, NULL, 0, 0, 0};
  boundtoken_status status =
      boundtoken_verify_into(verifier, token.data, token.len, &options, &record, sizeof record, NULL);
  CHECK(record.header.version == 1 && record.header.status == status);
  if (status == BOUNDTOKEN_OK) {
    boundtoken_str payload = {record.bytes + record.header.payload.offset, record.header.payload.len};
    CHECK(record.header.confirmed == BOUNDTOKEN_CONFIRMED_LIVE && same(payload, expected->payload));
  } else {
    CHECK(record.header.payload.offset == 0 && record.header.message.len > 0);
  }
  return status;
}

static void *work(void *argument) {
  tally *count = (tally *)argument;
  boundtoken_claims claims = boundtoken_claims_init();
  boundtoken_str json;
  pthread_barrier_wait(&start);
  CHECK(boundtoken_verified_claims(shared, &claims) == BOUNDTOKEN_OK);
  CHECK(boundtoken_verified_json(shared, &json, NULL) == BOUNDTOKEN_OK);
  CHECK(contains(json, "\"boundObjects\"") && claims.groups_len == 3);
  while (!is_finished()) {
    boundtoken_verified *verified = NULL;
    boundtoken_error *error = NULL;
    boundtoken_status into = verify_into(&claims);
    CHECK(into == BOUNDTOKEN_OK || into == BOUNDTOKEN_KEY_UNKNOWN || into == BOUNDTOKEN_POD_NOT_FOUND ||
          into == BOUNDTOKEN_POD_UID_MISMATCH);
    boundtoken_status status = boundtoken_verify_at(verifier, token.data, token.len, now, &verified, &error);
    switch (status) {
      case BOUNDTOKEN_OK: {
        boundtoken_claims mine = boundtoken_claims_init();
        CHECK(boundtoken_verified_claims(verified, &mine) == BOUNDTOKEN_OK);
        CHECK(mine.confirmed == BOUNDTOKEN_CONFIRMED_LIVE && same(mine.payload, claims.payload));
        count->accepted++;
        break;
      }
      case BOUNDTOKEN_KEY_UNKNOWN:
        count->key_unknown++;
        break;
      case BOUNDTOKEN_POD_NOT_FOUND:
        count->pod_not_found++;
        break;
      case BOUNDTOKEN_POD_UID_MISMATCH:
        count->pod_uid_mismatch++;
        break;
      default:
        fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
        count->impossible++;
    }
    CHECK((status == BOUNDTOKEN_OK) == (boundtoken_error_message(error).len == 0));
    boundtoken_error_free(error);
    boundtoken_verified_free(verified);
  }
  return NULL;
}

// Verifies once on this thread, so that every state is judged at least once.
static void expect(boundtoken_status wanted) {
  boundtoken_verified *verified = NULL;
  CHECK(boundtoken_verify_at(verifier, token.data, token.len, now, &verified, NULL) == wanted);
  boundtoken_verified_free(verified);
}

int main(int argc, char **argv) {
  DEMAND(argc == 4);
  now = strtoll(argv[3], NULL, 10);
  document jwks = read_file(argv[1], "jwks.json"), other = read_file(argv[1], "other-jwks.json");
  document json = read_file(argv[1], "objects.json");
  token = read_file(argv[1], "token");
  boundtoken_keys *keys = keys_of(jwks);
  boundtoken_objects *objects = boundtoken_objects_new();
  DEMAND(boundtoken_objects_load_json(objects, json.data, json.len, NULL, NULL) == BOUNDTOKEN_OK);
  verifier = verifier_of(argv[2], "vault", keys, objects);
  DEMAND(boundtoken_verify_at(verifier, token.data, token.len, now, &shared, NULL) == BOUNDTOKEN_OK);

  pthread_t threads[WORKERS];
  tally tallies[WORKERS], sum;
  memset(tallies, 0, sizeof tallies);
  memset(&sum, 0, sizeof sum);
  DEMAND(pthread_barrier_init(&start, NULL, WORKERS) == 0);
  for (int i = 0; i < WORKERS; i++) DEMAND(pthread_create(&threads[i], NULL, work, &tallies[i]) == 0);

  boundtoken_claims claims = boundtoken_claims_init();
  DEMAND(boundtoken_verified_claims(shared, &claims) == BOUNDTOKEN_OK);
  boundtoken_str space = claims.service_account_namespace, pod = claims.pod_name, uid = claims.pod_uid;
  for (int round = 0; round < ROUNDS; round++) {
    CHECK(boundtoken_keys_replace_jwks(keys, other.data, other.len, NULL) == BOUNDTOKEN_OK);
    expect(BOUNDTOKEN_KEY_UNKNOWN);
    CHECK(boundtoken_keys_replace_jwks(keys, jwks.data, jwks.len, NULL) == BOUNDTOKEN_OK);
    CHECK(boundtoken_keys_replace_jwks(keys, "{\"keys\":[]}", 11, NULL) == BOUNDTOKEN_NO_USABLE_KEY);
    expect(BOUNDTOKEN_OK);
    CHECK(boundtoken_objects_delete(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, NULL) == BOUNDTOKEN_OK);
    expect(BOUNDTOKEN_POD_NOT_FOUND);
    CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, space, 0, NULL) == BOUNDTOKEN_OK);
    expect(BOUNDTOKEN_POD_UID_MISMATCH);
    CHECK(boundtoken_objects_upsert(objects, BOUNDTOKEN_OBJECT_KIND_POD, space, pod, uid, 0, NULL) == BOUNDTOKEN_OK);
    expect(BOUNDTOKEN_OK);
  }
  pthread_mutex_lock(&lock);
  finished = 1;
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < WORKERS; i++) {
    pthread_join(threads[i], NULL);
    sum.accepted += tallies[i].accepted;
    sum.key_unknown += tallies[i].key_unknown;
    sum.pod_not_found += tallies[i].pod_not_found;
    sum.pod_uid_mismatch += tallies[i].pod_uid_mismatch;
    sum.impossible += tallies[i].impossible;
  }
  printf("threads: %ld accepted, %ld key_unknown, %ld pod_not_found, %ld pod_uid_mismatch, %ld impossible\n",
         sum.accepted, sum.key_unknown, sum.pod_not_found, sum.pod_uid_mismatch, sum.impossible);

  pthread_barrier_destroy(&start);
  boundtoken_verified_free(shared);
  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
  free(jwks.data);
  free(other.data);
  free(json.data);
  free(token.data);
  return sum.impossible == 0 && failed_checks == 0 ? 0 : 1;
}
