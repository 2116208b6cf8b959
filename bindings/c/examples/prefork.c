// Serves connections in four processes, each of which follows the cluster by itself.
//
//     cc prefork.c -o prefork $(pkg-config --cflags --libs boundtoken)
//     ./prefork /tmp/prefork.socket vault &               # in a pod, or with kubectl's kubeconfig
//     curl --unix-socket /tmp/prefork.socket -H "Authorization: Bearer $(cat token.txt)" http://localhost/
//
// A third argument is the configuration for boundtoken_cluster_connect. The parent listens before it forks, and uses
// nothing of the library. Each child connects once, and then serves one connection after the other.
//
// It answers 200 with the user name, or 401 or 503 with a challenge. SIGTERM ends it. If a child ends by itself, all do.
//
// Exit status: 0 after SIGTERM, 2 if something is wrong.

#define _POSIX_C_SOURCE 200809L
#include <sys/wait.h>

#include "socket.h"

enum { CHILDREN = 4 };

static int report(boundtoken_error *error) {
  fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  boundtoken_error_free(error);
  return 2;
}

// Answers requests until SIGTERM comes.
static void serve(const boundtoken_verifier *verifier, int listener) {
  static char request[REQUEST_SIZE];
  static char answer[ANSWER_SIZE];
  const size_t capacity = boundtoken_verifier_largest_record(verifier);
  boundtoken_record *record = (boundtoken_record *)malloc(capacity);
  boundtoken_verify_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.flags = BOUNDTOKEN_VERIFY_ONLINE;  // A token can be newer than what the cluster has told.
  options.timeout_milliseconds = 2000;
  while (record != NULL && !ending) {
    int connection = next_connection(listener);
    if (connection < 0) continue;
    if (read_head(connection, request)) {
      boundtoken_str token = bearer_token(request);
      if (boundtoken_verify_into(verifier, token.data, token.len, &options, record, capacity, NULL) != BOUNDTOKEN_OK) {
        log_refusal(record);
      }
      send_answer(connection, answer, write_verdict(answer, record));
    }
    close(connection);
  }
  free(record);
}

// Connects, and serves. The connection belongs to this process alone.
static int run_child(const char *audience, const char *configuration, int listener) {
  boundtoken_error *error = NULL;
  boundtoken_cluster *cluster = NULL;
  boundtoken_verifier *verifier = NULL;
  const size_t len = configuration == NULL ? 0 : strlen(configuration);
  let_signals_end_it();  // To connect can take long.
  if (boundtoken_cluster_connect(configuration, len, &cluster, &error) != BOUNDTOKEN_OK) return report(error);
  hold_back_signals();
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_cluster(builder, cluster);
  boundtoken_verifier_builder_audience(builder, boundtoken_str_from(audience));
  int outcome = 0;
  if (boundtoken_verifier_builder_build(builder, &verifier, &error) == BOUNDTOKEN_OK) {
    serve(verifier, listener);
  } else {
    outcome = report(error);
  }
  boundtoken_verifier_free(verifier);
  boundtoken_cluster_free(cluster);
  return outcome;
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "usage: %s SOCKET AUDIENCE [CONFIGURATION]\n", argv[0]);
    return 2;
  }
  hold_back_signals();
  int listener = listen_on(argv[1]);
  pid_t children[CHILDREN];
  for (int i = 0; i < CHILDREN; i++) {
    children[i] = fork();
    if (children[i] == 0) return run_child(argv[2], argc == 4 ? argv[3] : NULL, listener);
    if (children[i] < 0) perror("fork");
  }

  // Until a signal ends the service, or a child ends.
  int number = SIGHUP, outcome = 0;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGCHLD);
  sigwait(&set, &number);
  unlink(argv[1]);
  for (int i = 0; i < CHILDREN; i++) {
    int status = 0;
    if (children[i] < 0 || kill(children[i], SIGTERM) != 0 || waitpid(children[i], &status, 0) < 0) {
      outcome = 2;
    } else if (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)) {
      outcome = 2;
    }
  }
  close(listener);
  return outcome;
}
