// Serves many connections in one thread that never waits for a cluster. Another thread checks signatures.
//
//     cc event_loop.c -o event_loop -pthread $(pkg-config --cflags --libs boundtoken)
//     ./event_loop /tmp/loop.socket vault &               # in a pod, or with kubectl's kubeconfig
//     curl --unix-socket /tmp/loop.socket -H "Authorization: Bearer $(cat token.txt)" http://localhost/
//
// A third argument is the configuration for boundtoken_cluster_connect. It answers 200 with the user name, or 401 or 503
// with a challenge. Until the cluster is connected, it answers 503. SIGTERM ends it.
//
// Exit status: 0 after SIGTERM, 2 if something is wrong.

#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "socket.h"

enum {
  CLIENTS = 64,
  PATIENCE = 5000,  // milliseconds for a request, and for an answer
  ASK_FOR = 2000,   // milliseconds for questions to the cluster
};

typedef enum { FREE, READING, CHECKING, ASKING, WRITING } client_phase;

typedef struct {
  client_phase phase;
  int connection;
  int64_t deadline;
  boundtoken_verification *verification;  // from CHECKING to the end of ASKING
  size_t len, sent;
  char request[REQUEST_SIZE];
  char answer[ANSWER_SIZE];
} client;

typedef struct {
  boundtoken_connecting *connecting;
  boundtoken_cluster *cluster;
  boundtoken_verifier *verifier;  // NULL until the cluster is connected
  boundtoken_record *record;      // One is enough for one thread.
  size_t capacity;
  int unchecked[2], checked[2];  // pipes with pointers to clients, to the thread that checks signatures and back
  client clients[CLIENTS];
} service;

// A byte in this pipe makes the loop look around. The pipe is never closed, because a callback can come late.
static int wake_up[2];

// Called by any thread, and by the handler of signals. If the pipe is full, the loop wakes up all the same.
static void wake(void *userdata) {
  (void)userdata;
  if (write(wake_up[1], "", 1) < 0) return;
}

static void on_end(int number) {
  const int saved = errno;
  on_signal(number);
  wake(NULL);
  errno = saved;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void hang_up(client *to) {
  boundtoken_verification_free(to->verification);  // gives up its questions
  to->verification = NULL;
  close(to->connection);
  to->phase = FREE;
}

static void write_more(client *to) {
  ssize_t count = send(to->connection, to->answer + to->sent, to->len - to->sent, MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) to->sent += (size_t)count;
  if (count < 0 || to->sent == to->len) hang_up(to);
}

static void begin_answer(client *to, size_t len) {
  to->phase = WRITING;
  to->len = len;
  to->sent = 0;
  to->deadline = now() + PATIENCE;
  write_more(to);
}

static void answer_verdict(service *self, client *to, boundtoken_status status) {
  if (status != BOUNDTOKEN_OK) log_refusal(self->record);
  begin_answer(to, write_verdict(to->answer, self->record));
}

// Answers if the verdict is there. After the deadline, what is known must do.
static void conclude(service *self, client *to) {
  const int at_once = now() >= to->deadline;
  boundtoken_status status =
      boundtoken_verification_finish(to->verification, at_once, self->record, self->capacity, NULL);
  if (status == BOUNDTOKEN_STILL_ASKING) return;
  boundtoken_verification_free(to->verification);
  to->verification = NULL;
  answer_verdict(self, to, status);
}

// A token that was accepted before costs a look. Any other token goes to the thread that checks signatures.
static void judge(service *self, client *to) {
  const boundtoken_str none = {NULL, 0};
  const boundtoken_str token = bearer_token(to->request);
  boundtoken_verify_options options;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.flags = BOUNDTOKEN_VERIFY_CACHED_ONLY;
  if (self->verifier == NULL) {
    begin_answer(to, write_answer(to->answer, "503 Service Unavailable", none, none));
    return;
  }
  boundtoken_status status = boundtoken_verify_into(self->verifier, token.data, token.len, &options, self->record,
                                                    self->capacity, NULL);
  if (status != BOUNDTOKEN_NOT_CACHED) {
    answer_verdict(self, to, status);
    return;
  }
  to->phase = CHECKING;
  // The pipe has room for all clients, so this does not wait.
  if (write(self->unchecked[1], &to, sizeof to) != (ssize_t)sizeof to) abort();
}

// Checks signatures, on a thread of its own. A client that is CHECKING belongs to this thread until it is passed back.
static void *check(void *argument) {
  service *self = (service *)argument;
  client *to;
  while (read(self->unchecked[0], &to, sizeof to) == (ssize_t)sizeof to) {
    const boundtoken_str token = bearer_token(to->request);
    boundtoken_error *error = NULL;
    if (boundtoken_verification_start(self->verifier, token.data, token.len, NULL, wake, NULL, NULL, &to->verification,
                                      &error) != BOUNDTOKEN_OK) {
      fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
      boundtoken_error_free(error);
    }
    if (write(self->checked[1], &to, sizeof to) != (ssize_t)sizeof to) abort();
    wake(NULL);
  }
  return NULL;
}

// Takes a client back. The cluster is asked about its token if need be, and the loop goes on meanwhile.
static void take_back(service *self, client *to) {
  const boundtoken_str none = {NULL, 0};
  if (to->verification == NULL) {
    begin_answer(to, write_answer(to->answer, "500 Internal Server Error", none, none));
    return;
  }
  to->phase = ASKING;
  to->deadline = now() + ASK_FOR;
  conclude(self, to);
}

static void read_more(service *self, client *to) {
  ssize_t count = recv(to->connection, to->request + to->len, REQUEST_SIZE - 1 - to->len, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    hang_up(to);
    return;
  }
  to->len += (size_t)count;
  to->request[to->len] = '\0';
  if (end_head(to->request)) {
    judge(self, to);
  } else if (to->len == REQUEST_SIZE - 1) {
    hang_up(to);
  }
}

static void welcome(client *to, int listener) {
  to->connection = accept(listener, NULL, NULL);
  if (to->connection < 0) return;
  fcntl(to->connection, F_SETFL, O_NONBLOCK);
  to->phase = READING;
  to->deadline = now() + PATIENCE;
  to->len = 0;
}

// Builds the verifier once the connection is made. Returns 0 if it cannot be made.
static int take_connection(service *self, const char *audience) {
  boundtoken_error *error = NULL;
  boundtoken_status status = boundtoken_connecting_finish(self->connecting, &self->cluster, &error);
  if (status == BOUNDTOKEN_OK) {
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    boundtoken_verifier_builder_cluster(builder, self->cluster);
    boundtoken_verifier_builder_audience(builder, boundtoken_str_from(audience));
    status = boundtoken_verifier_builder_build(builder, &self->verifier, &error);
  }
  if (status == BOUNDTOKEN_OK) {
    self->capacity = boundtoken_verifier_largest_record(self->verifier);
    self->record = (boundtoken_record *)malloc(self->capacity);
    if (self->record == NULL) abort();
  } else if (status != BOUNDTOKEN_STILL_ASKING) {
    fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  }
  boundtoken_error_free(error);
  return status == BOUNDTOKEN_OK || status == BOUNDTOKEN_STILL_ASKING;
}

// Waits until there is something to do, and does it.
static void turn(service *self, int listener) {
  struct pollfd watched[CLIENTS + 2];
  client *place = NULL, *back;
  int64_t next = INT64_MAX;
  memset(watched, 0, sizeof watched);
  for (int i = 0; i < CLIENTS; i++) {
    client *to = &self->clients[i];
    const int is_mine = to->phase != FREE && to->phase != CHECKING;
    watched[i].fd = is_mine ? to->connection : -1;
    watched[i].events = to->phase == READING ? POLLIN : to->phase == WRITING ? POLLOUT : 0;
    if (to->phase == FREE) place = to;
    if (is_mine && to->deadline < next) next = to->deadline;
  }
  watched[CLIENTS].fd = place == NULL ? -1 : listener;
  watched[CLIENTS].events = POLLIN;
  watched[CLIENTS + 1].fd = wake_up[0];
  watched[CLIENTS + 1].events = POLLIN;
  const int64_t left = next - now();
  if (poll(watched, CLIENTS + 2, next == INT64_MAX ? -1 : left > 0 ? (int)left : 0) < 0) return;

  char bytes[64];
  while (read(wake_up[0], bytes, sizeof bytes) > 0) continue;
  while (read(self->checked[0], &back, sizeof back) == (ssize_t)sizeof back) take_back(self, back);
  for (int i = 0; i < CLIENTS; i++) {
    client *to = &self->clients[i];
    const short seen = watched[i].revents;
    if (to->phase == ASKING && seen != 0) {
      hang_up(to);  // The client is gone.
    } else if (to->phase == ASKING) {
      conclude(self, to);
    } else if (to->phase == READING && seen != 0) {
      read_more(self, to);
    } else if (to->phase == WRITING && seen != 0) {
      write_more(to);
    } else if (to->phase != FREE && to->phase != CHECKING && now() >= to->deadline) {
      hang_up(to);
    }
  }
  if (watched[CLIENTS].revents != 0) welcome(place, listener);
}

int main(int argc, char **argv) {
  static service self;
  boundtoken_error *error = NULL;
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "usage: %s SOCKET AUDIENCE [CONFIGURATION]\n", argv[0]);
    return 2;
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_end;
  action.sa_flags = SA_RESTART;  // A signal does not end the read of the other thread.
  if (pipe(wake_up) != 0 || fcntl(wake_up[0], F_SETFL, O_NONBLOCK) != 0 || fcntl(wake_up[1], F_SETFL, O_NONBLOCK) != 0 ||
      pipe(self.unchecked) != 0 || pipe(self.checked) != 0 || fcntl(self.checked[0], F_SETFL, O_NONBLOCK) != 0 ||
      sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0) {
    perror(argv[0]);
    return 2;
  }
  int listener = listen_on(argv[1]);
  pthread_t checker;
  if (pthread_create(&checker, NULL, check, &self) != 0) abort();

  const char *configuration = argc == 4 ? argv[3] : NULL;
  const size_t len = argc == 4 ? strlen(argv[3]) : 0;
  int well = boundtoken_connecting_start(configuration, len, wake, NULL, NULL, &self.connecting, &error) == BOUNDTOKEN_OK;
  if (!well) {
    fprintf(stderr, "%.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
    boundtoken_error_free(error);
  }
  while (well && !ending) {
    turn(&self, listener);
    if (self.verifier == NULL) well = take_connection(&self, argv[2]);
  }

  unlink(argv[1]);
  close(listener);
  close(self.unchecked[1]);
  pthread_join(checker, NULL);  // Now all clients belong to this thread.
  for (int i = 0; i < CLIENTS; i++) {
    if (self.clients[i].phase != FREE) hang_up(&self.clients[i]);
  }
  free(self.record);
  boundtoken_verifier_free(self.verifier);
  boundtoken_cluster_free(self.cluster);
  boundtoken_connecting_free(self.connecting);
  return well ? 0 : 2;
}
