// Serves each connection in a process of its own, with one verifier that was built before.
//
//     cc fork.c -o fork $(pkg-config --cflags --libs boundtoken)
//     ./fork /tmp/fork.socket jwks.json objects.json https://kubernetes.default.svc.cluster.local vault &
//     curl --unix-socket /tmp/fork.socket -H "Authorization: Bearer $(cat token.txt)" http://localhost/
//
// It answers 200 with the user name, or 401 or 503 with a challenge. SIGHUP reads the files again, and SIGTERM ends it.
//
// Exit status: 0 after SIGTERM, 2 if something is wrong.

#define _POSIX_C_SOURCE 200809L
#include <sys/wait.h>

#include "files.h"
#include "socket.h"

// Answers one request, in a process that has nothing else to do.
static void serve(const boundtoken_verifier *verifier, int connection) {
  static char request[REQUEST_SIZE];
  static char answer[ANSWER_SIZE];
  const size_t capacity = boundtoken_verifier_largest_record(verifier);
  boundtoken_record *record = (boundtoken_record *)malloc(capacity);
  if (record != NULL && read_head(connection, request)) {
    boundtoken_str token = bearer_token(request);
    if (boundtoken_verify_into(verifier, token.data, token.len, NULL, record, capacity, NULL) != BOUNDTOKEN_OK) {
      log_refusal(record);
    }
    send_answer(connection, answer, write_verdict(answer, record));
  }
  free(record);
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: %s SOCKET JWKS-FILE OBJECTS-FILE ISSUER AUDIENCE\n", argv[0]);
    return 2;
  }
  trust from;
  if (!load(&from, argv[2], argv[3], argv[4], argv[5])) {
    forget(&from);
    return 2;
  }
  hold_back_signals();
  int listener = listen_on(argv[1]);

  pid_t child = -1;
  while (!ending && child != 0) {
    int connection = next_connection(listener);
    // This process has one thread and never verifies, so nobody is using keys, objects or verifier when it forks.
    if (loading) {
      loading = 0;
      load_again(&from);
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    if (connection < 0) continue;
    child = fork();
    if (child == 0) serve(from.verifier, connection);
    if (child < 0) perror("fork");
    close(connection);
  }

  // A child frees its copies like its parent.
  forget(&from);
  close(listener);
  if (child == 0) return 0;
  unlink(argv[1]);
  while (wait(NULL) > 0 || errno == EINTR) continue;
  return 0;
}
