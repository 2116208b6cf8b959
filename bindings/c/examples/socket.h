// A Unix socket for the servers of this folder, and the signals that end them.

#ifndef EXAMPLES_SOCKET_H
#define EXAMPLES_SOCKET_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "http.h"

static volatile sig_atomic_t ending;   // SIGTERM or SIGINT came
static volatile sig_atomic_t loading;  // SIGHUP came

static inline void on_signal(int number) {
  if (number == SIGHUP) loading = 1;
  if (number == SIGTERM || number == SIGINT) ending = 1;
}

// Holds back the signals that the server obeys. They come while it waits for a connection, and at no other time.
static inline void hold_back_signals(void) {
  const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    sigaction(numbers[i], &action, NULL);
    sigaddset(&set, numbers[i]);
  }
  sigprocmask(SIG_BLOCK, &set, NULL);
}

// Lets signals end the process at once, as they do unless a program says otherwise.
static inline void let_signals_end_it(void) {
  sigset_t none;
  sigemptyset(&none);
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

// Listens on a Unix socket at `path`, which must not exist. The socket does not block.
static inline int listen_on(const char *path) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) {
    fprintf(stderr, "%s: the path is too long\n", path);
    exit(2);
  }
  strcpy(address.sun_path, path);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0 ||
      fcntl(listener, F_SETFL, O_NONBLOCK) != 0) {
    perror(path);
    exit(2);
  }
  return listener;
}

// Waits for a connection or a signal. Returns -1 if there is no connection.
static inline int next_connection(int listener) {
  const struct timeval patience = {5, 0};
  sigset_t none, held_back;
  fd_set readable;
  sigemptyset(&none);
  FD_ZERO(&readable);
  FD_SET(listener, &readable);
  if (pselect(listener + 1, &readable, NULL, NULL, NULL, &none) != 1) return -1;
  // If there is always a connection, pselect lets no signal through.
  sigprocmask(SIG_SETMASK, &none, &held_back);
  sigprocmask(SIG_SETMASK, &held_back, NULL);
  int connection = accept(listener, NULL, NULL);
  if (connection < 0) return -1;
  // A client that is silent for this long is given up.
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  fcntl(connection, F_SETFL, 0);
  return connection;
}

// Reads the head of a request. Returns 0 if none comes. `request` has REQUEST_SIZE bytes.
static inline int read_head(int connection, char *request) {
  size_t len = 0;
  while (len < REQUEST_SIZE - 1) {
    ssize_t count = recv(connection, request + len, REQUEST_SIZE - 1 - len, 0);
    if (count <= 0) return 0;
    len += (size_t)count;
    request[len] = '\0';
    if (end_head(request)) return 1;
  }
  return 0;
}

// Sends an answer. A client may have gone away.
static inline void send_answer(int connection, const char *answer, size_t len) {
  while (len > 0) {
    ssize_t count = send(connection, answer, len, MSG_NOSIGNAL);
    if (count <= 0) return;
    answer += count;
    len -= (size_t)count;
  }
}

#endif
