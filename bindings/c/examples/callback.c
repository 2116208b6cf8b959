// Looks up bound objects with its own callback, here in a table of pods.
//
//     cc callback.c -o callback $(pkg-config --cflags --libs boundtoken)
//     ./callback jwks.json https://kubernetes.default.svc.cluster.local vault token.txt NAMESPACE/POD=UID ...
//
// The table has no service accounts, secrets or nodes. The callback says that these are unavailable, and the verifier
// is told to accept that. A pod that is not in the table does not exist. A real program answers for every kind, from
// the objects that it watches.
//
// Exit status: 0 if the token is accepted, 1 if it is refused, 2 if something else is wrong.

#include <boundtoken.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  size_t count;
  char **entries;  // NAMESPACE/POD=UID
} pod_table;

// Called during boundtoken_verify, from any thread. The table must not change meanwhile.
static boundtoken_object_state look_up(void *userdata, const boundtoken_object_query *query,
                                       boundtoken_object_answer *answer) {
  const pod_table *table = (const pod_table *)userdata;
  const boundtoken_str object_namespace = query->object_namespace, object_name = query->object_name;
  if (query->kind != BOUNDTOKEN_OBJECT_KIND_POD) return BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE;
  for (size_t i = 0; i < table->count; i++) {
    const char *entry = table->entries[i];
    const char *slash = strchr(entry, '/');
    const char *equals = slash ? strchr(slash, '=') : NULL;
    if (equals == NULL) continue;
    if ((size_t)(slash - entry) != object_namespace.len || memcmp(entry, object_namespace.data, object_namespace.len) != 0)
      continue;
    if ((size_t)(equals - slash - 1) != object_name.len || memcmp(slash + 1, object_name.data, object_name.len) != 0)
      continue;
    size_t uid_len = strlen(equals + 1);
    if (uid_len > sizeof answer->uid) return BOUNDTOKEN_OBJECT_STATE_UNAVAILABLE;
    memcpy(answer->uid, equals + 1, uid_len);
    answer->uid_len = uid_len;
    return BOUNDTOKEN_OBJECT_STATE_PRESENT;
  }
  return BOUNDTOKEN_OBJECT_STATE_ABSENT;
}

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

int main(int argc, char **argv) {
  static char jwks[1 << 16];
  static char token[1 << 14];
  if (argc < 5) {
    fprintf(stderr, "usage: %s JWKS-FILE ISSUER AUDIENCE TOKEN-FILE [NAMESPACE/POD=UID ...]\n", argv[0]);
    return 2;
  }
  size_t jwks_len = read_file(argv[1], jwks, sizeof jwks);
  size_t token_len = read_file(argv[4], token, sizeof token);
  pod_table table = {(size_t)(argc - 5), argv + 5};

  boundtoken_error *error = NULL;
  boundtoken_keys *keys = NULL;
  boundtoken_objects *objects = NULL;
  boundtoken_verifier *verifier = NULL;
  boundtoken_verified *verified = NULL;

  if (boundtoken_keys_from_jwks(jwks, jwks_len, &keys, &error) == BOUNDTOKEN_OK &&
      // The table outlives the verifier, so there is no function to free it: NULL.
      boundtoken_objects_from_callback(look_up, &table, NULL, &objects, &error) == BOUNDTOKEN_OK) {
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    boundtoken_verifier_builder_issuer(builder, boundtoken_str_from(argv[2]), keys, objects);
    boundtoken_verifier_builder_audience(builder, boundtoken_str_from(argv[3]));
    boundtoken_verifier_builder_on_unavailable(builder, BOUNDTOKEN_ON_UNAVAILABLE_ACCEPT);
    if (boundtoken_verifier_builder_build(builder, &verifier, &error) == BOUNDTOKEN_OK &&
        boundtoken_verify(verifier, token, token_len, &verified, &error) == BOUNDTOKEN_OK) {
      boundtoken_claims claims = boundtoken_claims_init();
      boundtoken_verified_claims(verified, &claims);
      printf("user %.*s, pod %.*s\n", BOUNDTOKEN_PRINT(claims.username), BOUNDTOKEN_PRINT(claims.pod_name));
    }
  }

  int outcome = 0;
  if (error != NULL) {
    outcome = boundtoken_error_status(error) > 100 ? 1 : 2;
    fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  }
  boundtoken_error_free(error);
  boundtoken_verified_free(verified);
  boundtoken_verifier_free(verifier);
  boundtoken_objects_free(objects);
  boundtoken_keys_free(keys);
  return outcome;
}
