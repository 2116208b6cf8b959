// Verifies tokens from stdin, one on each line, with the current keys and objects of a cluster.
//
//     cc cluster.c -o cluster $(pkg-config --cflags --libs boundtoken)
//     ./cluster vault <tokens.txt                       # in a pod, or with kubectl's kubeconfig
//     ./cluster vault '{"context": "staging"}' <tokens.txt
//
// The second argument is the configuration for boundtoken_cluster_connect. The program does not load or update
// anything itself. A token is refused as soon as its pod is deleted, and a token of a new pod is accepted at once.
//
// Exit status: 0 if all tokens are accepted, 1 if some are refused, 2 if something else is wrong.

#include <boundtoken.h>
#include <stdio.h>

static int report(boundtoken_error *error) {
  int refused = boundtoken_error_status(error) > 100;
  fprintf(stderr, "%s: %.*s\n", refused ? "refused" : "error", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  boundtoken_error_free(error);
  return refused ? 1 : 2;
}

// Called by the cluster's own thread, which updates nothing meanwhile. So it only writes a line to the log.
static void log_change(void *userdata, const boundtoken_cluster_change *change) {
  (void)userdata;
  switch (change->change) {
    case BOUNDTOKEN_CHANGE_KEY_ADDED:
      fprintf(stderr, "key %.*s was added\n", BOUNDTOKEN_PRINT(change->kid));
      break;
    case BOUNDTOKEN_CHANGE_KEY_WITHDRAWN:
      fprintf(stderr, "key %.*s was withdrawn\n", BOUNDTOKEN_PRINT(change->kid));
      break;
    case BOUNDTOKEN_CHANGE_LOST:
      fprintf(stderr, "connection lost: %.*s\n", BOUNDTOKEN_PRINT(change->failure));
      break;
    case BOUNDTOKEN_CHANGE_STALE:
      fprintf(stderr, "no news for too long: tokens are refused\n");
      break;
    case BOUNDTOKEN_CHANGE_IN_STEP:
      fprintf(stderr, "in step again\n");
      break;
  }
}

int main(int argc, char **argv) {
  static char token[1 << 14];
  boundtoken_error *error = NULL;
  boundtoken_cluster *cluster = NULL;
  boundtoken_verifier *verifier = NULL;
  int outcome = 0;
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: %s AUDIENCE [CONFIGURATION] <TOKENS\n", argv[0]);
    return 2;
  }

  // Once, at startup and after any fork. From now on a background thread follows the cluster.
  const char *configuration = argc == 3 ? argv[2] : NULL;
  size_t len = argc == 3 ? strlen(argv[2]) : 0;
  if (boundtoken_cluster_connect(configuration, len, &cluster, &error) != BOUNDTOKEN_OK) return report(error);
  boundtoken_cluster_on_change(cluster, log_change, NULL, NULL, NULL);

  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_cluster(builder, cluster);
  boundtoken_verifier_builder_audience(builder, boundtoken_str_from(argv[1]));
  if (boundtoken_verifier_builder_build(builder, &verifier, &error) != BOUNDTOKEN_OK) {
    boundtoken_cluster_free(cluster);
    return report(error);
  }

  // For every request, from any thread.
  while (fgets(token, sizeof token, stdin) != NULL) {
    boundtoken_verified *verified = NULL;
    size_t token_len = strcspn(token, "\n");
    if (boundtoken_verify_online(verifier, token, token_len, &verified, &error) == BOUNDTOKEN_OK) {
      boundtoken_claims claims = boundtoken_claims_init();
      boundtoken_verified_claims(verified, &claims);
      printf("%.*s\n", BOUNDTOKEN_PRINT(claims.username));
      boundtoken_verified_free(verified);
    } else {
      int failed = report(error);
      if (failed > outcome) outcome = failed;
    }
  }

  boundtoken_verifier_free(verifier);
  boundtoken_cluster_free(cluster);
  return outcome;
}
