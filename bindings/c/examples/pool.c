// Serves connections in four threads that share one verifier, while keys and objects are replaced.
//
//     cc pool.c -o pool -pthread $(pkg-config --cflags --libs boundtoken)
//     ./pool /tmp/pool.socket jwks.json objects.json https://kubernetes.default.svc.cluster.local vault &
//     curl --unix-socket /tmp/pool.socket -H "Authorization: Bearer $(cat token.txt)" http://localhost/
//
// With a group as a sixth argument, only members of the group get in. The others get 403.
//
// It answers 200 with the user name, or 401 or 503 with a challenge. SIGHUP reads the files again, and SIGTERM ends it.
//
// Exit status: 0 after SIGTERM, 2 if something is wrong.

#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "files.h"
#include "socket.h"

enum { THREADS = 4 };

typedef struct {
  const boundtoken_verifier *verifier;
  boundtoken_str group;  // absent if all accounts get in
  int connections;       // the end of a pipe that connections are read from
} service;

static int is_member(const boundtoken_record *record, boundtoken_str group) {
  const boundtoken_record_text *groups =
      (const boundtoken_record_text *)(const void *)((const char *)record + record->groups.offset);
  for (uint32_t i = 0; i < record->groups.count; i++) {
    boundtoken_str name = text_of(record, groups[i]);
    if (name.len == group.len && memcmp(name.data, group.data, group.len) == 0) return 1;
  }
  return 0;
}

// Answers requests until there are no more connections. Each thread makes one buffer, and uses it for every request.
static void *work(void *argument) {
  const service *self = (const service *)argument;
  const boundtoken_str none = {NULL, 0};
  const size_t capacity = boundtoken_verifier_largest_record(self->verifier);
  boundtoken_record *record = (boundtoken_record *)malloc(capacity);
  char request[REQUEST_SIZE], answer[ANSWER_SIZE];
  int connection;
  if (record == NULL) abort();
  while (read(self->connections, &connection, sizeof connection) == (ssize_t)sizeof connection) {
    if (read_head(connection, request)) {
      boundtoken_str token = bearer_token(request);
      boundtoken_status status =
          boundtoken_verify_into(self->verifier, token.data, token.len, NULL, record, capacity, NULL);
      size_t len = write_verdict(answer, record);
      if (status != BOUNDTOKEN_OK) {
        log_refusal(record);
      } else if (self->group.data != NULL && !is_member(record, self->group)) {
        len = write_answer(answer, "403 Forbidden", none, none);
      }
      send_answer(connection, answer, len);
    }
    close(connection);
  }
  free(record);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 6 || argc > 7) {
    fprintf(stderr, "usage: %s SOCKET JWKS-FILE OBJECTS-FILE ISSUER AUDIENCE [GROUP]\n", argv[0]);
    return 2;
  }
  trust from;
  int queue[2];
  if (!load(&from, argv[2], argv[3], argv[4], argv[5]) || pipe(queue) != 0) {
    forget(&from);
    return 2;
  }
  hold_back_signals();  // The threads inherit that.
  int listener = listen_on(argv[1]);
  const service shared = {from.verifier, boundtoken_str_from(argc == 7 ? argv[6] : NULL), queue[0]};
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    if (pthread_create(&threads[i], NULL, work, (void *)&shared) != 0) abort();
  }

  while (!ending) {
    int connection = next_connection(listener);
    // The verifier shares keys and objects. A change here takes effect there with the next verification.
    if (loading) {
      loading = 0;
      load_again(&from);
    }
    if (connection >= 0 && write(queue[1], &connection, sizeof connection) != (ssize_t)sizeof connection) {
      close(connection);
    }
  }

  // The threads answer what is queued, and end. Then nobody is using the verifier.
  unlink(argv[1]);
  close(listener);
  close(queue[1]);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  close(queue[0]);
  forget(&from);
  return 0;
}
