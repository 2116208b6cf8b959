// Follows a cluster and obeys commands from stdin. Each command is one line and gets one line in answer.
// Usage: `cluster CONFIGURATION`
//
//   verify TOKEN     the status of boundtoken_verify, by name
//   ask TOKEN        the status of boundtoken_verify_online, by name
//   await TOKEN      the status of a verification that is started, waited for by its callback, and finished; then how often
//                    it was called, and how many userdata were freed
//   poll TOKEN       the same without a callback
//   at-once TOKEN    the status of a verification that is finished at once
//   cancel TOKEN     starts a verification, frees it at once, waits until its userdata is freed, and verifies the token
//   into TOKEN       the status of boundtoken_verify_into, online
//   cancel-connect   begins to connect, and frees the connection at once
//   pull             the changes since the last time, without a callback
//   rush TOKEN       calls boundtoken_verify_online many times from eight threads, and counts each status
//   abandon FILES    verifies a token while the cluster is slow, frees the verifier, and counts the calls of the
//                    caller's callback after that. The files hold a token, the wrong keys of its issuer, and the right
//                    keys
//   status           the report
//   stale            1 or 0
//   tell             sets a callback that records changes
//   changes          the changes recorded since the last time
//   hush             removes the callback
//   freed            how many userdata were freed
//   threads          how many threads of the library are running
//   signal           raises a signal that only this thread does not block
//   fork TOKEN       what a child process sees
//   free             frees the cluster
//   free-inside TOKEN
//                    frees the cluster from the callback at the next change, after verifying the token there

#define _POSIX_C_SOURCE 200809L

#include "check.h"
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 8, ROUNDS = 25 };

static const char *configuration;
static boundtoken_cluster *cluster;
static boundtoken_verifier *verifier;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char notes[1 << 16];
static int freed = 0;
static int free_inside = 0;
static char inside_token[1 << 14];

static void print_name(boundtoken_status status) { printf("%.*s", BOUNDTOKEN_PRINT(boundtoken_status_name(status))); }

static boundtoken_status verify(const char *token) {
  boundtoken_verified *verified = NULL;
  boundtoken_status status = boundtoken_verify(verifier, token, strlen(token), &verified, NULL);
  CHECK((status == BOUNDTOKEN_OK) == (verified != NULL));
  boundtoken_verified_free(verified);
  return status;
}

static boundtoken_status ask(const char *token) {
  boundtoken_verified *verified = NULL;
  boundtoken_error *error = NULL;
  boundtoken_status status = boundtoken_verify_online(verifier, token, strlen(token), &verified, &error);
  CHECK((status == BOUNDTOKEN_OK) == (verified != NULL));
  CHECK(boundtoken_error_status(error) == status);
  boundtoken_error_free(error);
  boundtoken_verified_free(verified);
  return status;
}

static boundtoken_verifier *verifier_of_cluster(const boundtoken_cluster *of) {
  boundtoken_verifier *built = NULL;
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  CHECK(boundtoken_verifier_builder_cluster(builder, of) == BOUNDTOKEN_OK);
  CHECK(boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault")) == BOUNDTOKEN_OK);
  DEMAND(boundtoken_verifier_builder_build(builder, &built, NULL) == BOUNDTOKEN_OK);
  return built;
}

// Somebody who waits for a callback.
typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int calls, taken, freed;
} waiter;

static void called(void *userdata) {
  waiter *who = (waiter *)userdata;
  pthread_mutex_lock(&who->lock);
  who->calls++;
  pthread_cond_broadcast(&who->changed);
  pthread_mutex_unlock(&who->lock);
}

static void let_go(void *userdata) {
  waiter *who = (waiter *)userdata;
  pthread_mutex_lock(&who->lock);
  who->freed++;
  pthread_cond_broadcast(&who->changed);
  pthread_mutex_unlock(&who->lock);
}

// Waits for a call that nobody has waited for yet.
static void wait_for_call(waiter *who) {
  pthread_mutex_lock(&who->lock);
  while (who->taken == who->calls) pthread_cond_wait(&who->changed, &who->lock);
  who->taken = who->calls;
  pthread_mutex_unlock(&who->lock);
}

static void wait_for_freed(waiter *who) {
  pthread_mutex_lock(&who->lock);
  while (who->freed == 0) pthread_cond_wait(&who->changed, &who->lock);
  pthread_mutex_unlock(&who->lock);
}

static boundtoken_verification *started(const char *token, waiter *who) {
  boundtoken_verification *verification = NULL;
  DEMAND(boundtoken_verification_start(verifier, token, strlen(token), NULL, who ? called : NULL, who,
                                       who ? let_go : NULL, &verification, NULL) == BOUNDTOKEN_OK);
  return verification;
}

// Finishes a verification into a buffer. Waits by the callback, or by asking again and again.
static boundtoken_status finished(boundtoken_verification *verification, waiter *who) {
  static unsigned char buffer[8192];
  boundtoken_record header;
  boundtoken_status status;
  while ((status = boundtoken_verification_finish(verification, 0, buffer, sizeof buffer, NULL)) ==
         BOUNDTOKEN_STILL_ASKING) {
    memcpy(&header, buffer, sizeof header);
    CHECK(header.status == BOUNDTOKEN_STILL_ASKING && header.payload.offset == 0);
    if (who != NULL) {
      wait_for_call(who);
    } else {
      struct timespec moment = {0, 1000 * 1000};
      while (boundtoken_verification_is_ready(verification) == 0) nanosleep(&moment, NULL);
    }
  }
  memcpy(&header, buffer, sizeof header);
  CHECK(header.version == 1 && header.status == status);
  // The verdict stays the same.
  CHECK(boundtoken_verification_is_ready(verification) == 1);
  CHECK(boundtoken_verification_finish(verification, 1, buffer, sizeof buffer, NULL) == status);
  boundtoken_status small = boundtoken_verification_finish(verification, 0, NULL, 0, NULL);
  CHECK(small == (status == BOUNDTOKEN_OK ? (boundtoken_status)BOUNDTOKEN_BUFFER_TOO_SMALL : status));
  return status;
}

static void await(const char *token) {
  waiter who = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
  boundtoken_verification *verification = started(token, &who);
  print_name(finished(verification, &who));
  boundtoken_verification_free(verification);
  wait_for_freed(&who);
  printf(" %d %d", who.calls, who.freed);
}

static void cancel(const char *token) {
  waiter who = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
  boundtoken_verification_free(started(token, &who));
  wait_for_freed(&who);
  print_name(verify(token));
}

static void at_once(const char *token) {
  boundtoken_verification *verification = started(token, NULL);
  print_name(boundtoken_verification_finish(verification, 1, NULL, 0, NULL));
  boundtoken_verification_free(verification);
}

static void verify_into(const char *token) {
  static unsigned char buffer[8192];
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_ONLINE, 0, NULL, 0, 60000, 0};
  print_name(boundtoken_verify_into(verifier, token, strlen(token), &options, buffer, sizeof buffer, NULL));
}

static boundtoken_connecting *connecting_for(waiter *who) {
  boundtoken_connecting *connecting = NULL;
  boundtoken_error *error = NULL;
  boundtoken_status status = boundtoken_connecting_start(configuration, strlen(configuration), called, who, let_go,
                                                         &connecting, &error);
  if (status != BOUNDTOKEN_OK) {
    CHECK(status == BOUNDTOKEN_CLUSTER_CONFIGURATION && connecting == NULL && who->calls == 0 && who->freed == 0);
    boundtoken_error_free(error);
  }
  return connecting;
}

// Connects as an event loop would.
static boundtoken_status connect_by_callback(boundtoken_error **error) {
  waiter who = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
  boundtoken_connecting *connecting = connecting_for(&who);
  if (connecting == NULL) return boundtoken_cluster_connect(configuration, strlen(configuration), &cluster, error);
  wait_for_call(&who);
  CHECK(boundtoken_connecting_is_ready(connecting) == 1);
  boundtoken_status status = boundtoken_connecting_finish(connecting, &cluster, error);
  boundtoken_cluster *nothing = NULL;
  CHECK(boundtoken_connecting_finish(connecting, &nothing, NULL) == BOUNDTOKEN_NULL_ARGUMENT && nothing == NULL);
  boundtoken_connecting_free(connecting);
  wait_for_freed(&who);
  CHECK(who.calls == 1 && who.freed == 1);
  return status;
}

static void cancel_connect(void) {
  static waiter who = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
  boundtoken_cluster *nothing = NULL;
  boundtoken_connecting *connecting = connecting_for(&who);
  if (boundtoken_connecting_is_ready(connecting) == 0) {
    CHECK(boundtoken_connecting_finish(connecting, &nothing, NULL) == BOUNDTOKEN_STILL_ASKING);
  }
  boundtoken_connecting_free(connecting);
  wait_for_freed(&who);
  printf("freed");
}

static boundtoken_cluster_changes *changes;

static void pull(void) {
  static const char *const names[] = {"", "key_added", "key_withdrawn", "in_step", "lost", "stale"};
  boundtoken_cluster_change change;
  boundtoken_status status;
  memset(&change, 0, sizeof change);
  CHECK(boundtoken_cluster_next_change(changes, 0, &change, NULL) == BOUNDTOKEN_STRUCT_TOO_SMALL);
  for (;;) {
    change.size = sizeof change;
    status = boundtoken_cluster_next_change(changes, 10, &change, NULL);
    if (status != BOUNDTOKEN_OK) break;
    CHECK(change.size == sizeof change && (change.object_kind == 0) == (change.kid.len > 0));
    printf(" %s:%d", names[change.change], (int)change.object_kind);
  }
  CHECK(status == BOUNDTOKEN_TIMED_OUT || status == BOUNDTOKEN_CLUSTER_ENDED);
  if (status == BOUNDTOKEN_CLUSTER_ENDED) printf(" ended");
}

typedef struct {
  const char *token;
  boundtoken_status first;
  int same;
} rush;

static void *hurry(void *argument) {
  rush *mine = (rush *)argument;
  mine->first = ask(mine->token);
  mine->same = 1;
  for (int round = 1; round < ROUNDS; round++) mine->same += ask(mine->token) == mine->first;
  return NULL;
}

static void rush_all(const char *token) {
  pthread_t threads[WORKERS];
  rush each[WORKERS];
  int same = 0;
  for (int i = 0; i < WORKERS; i++) {
    each[i].token = token;
    DEMAND(pthread_create(&threads[i], NULL, hurry, &each[i]) == 0);
  }
  for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < WORKERS; i++) same += each[i].first == each[0].first ? each[i].same : 0;
  printf("%d of %d ", same, WORKERS * ROUNDS);
  print_name(each[0].first);
}

// Runs on the cluster's thread. It blocks the signals that a program handles, but no signal for its own faults.
static void check_signal_mask(void) {
  static const int blocked[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2};
  static const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) CHECK(sigismember(&mask, blocked[i]) == 1);
  for (size_t i = 0; i < sizeof open / sizeof *open; i++) CHECK(sigismember(&mask, open[i]) == 0);
}

static void note(void *userdata, const boundtoken_cluster_change *change) {
  static const char *const names[] = {"", "key_added", "key_withdrawn", "in_step", "lost", "stale"};
  pthread_mutex_lock(&lock);
  CHECK(userdata == notes);
  CHECK((change->object_kind == 0) == (change->kid.len > 0));
  CHECK((change->failure.data != NULL) == (change->change == BOUNDTOKEN_CHANGE_LOST));
  CHECK(change->object_namespace.data == NULL);
  size_t used = strlen(notes);
  snprintf(notes + used, sizeof notes - used, " %s:%d", names[change->change], (int)change->object_kind);
  int frees = free_inside;
  free_inside = 0;
  pthread_mutex_unlock(&lock);
  check_signal_mask();
  if (frees) {
    // Nobody is asked here. The thread would wait for itself.
    CHECK(ask(inside_token) == BOUNDTOKEN_BOUND_OBJECT_PENDING);
    CHECK(boundtoken_cluster_is_stale(cluster) == 0);
    boundtoken_cluster_free(cluster);
  }
}

static void count_freed(void *userdata) {
  pthread_mutex_lock(&lock);
  CHECK(userdata == notes);
  freed++;
  pthread_mutex_unlock(&lock);
}

static void print_changes(void) {
  pthread_mutex_lock(&lock);
  printf("%s", notes);
  notes[0] = '\0';
  pthread_mutex_unlock(&lock);
}

// Counts the threads of this process that have the library's name.
static void print_threads(void) {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  DEMAND(tasks != NULL);
  for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
    char path[512], name[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) continue;
    if (fgets(name, sizeof name, stream) != NULL) count += strcmp(name, "boundtoken\n") == 0;
    fclose(stream);
  }
  closedir(tasks);
  printf("%d", count);
}

static pthread_t main_thread;
static volatile sig_atomic_t handled = 0, handled_elsewhere = 0;

static void handle(int number) {
  (void)number;
  handled = 1;
  if (!pthread_equal(pthread_self(), main_thread)) handled_elsewhere = 1;
}

// The signal goes to the process, so any thread that does not block it could receive it.
static void take_a_signal(void) {
  struct sigaction action;
  sigset_t mask;
  struct timespec moment = {0, 50 * 1000 * 1000};
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  main_thread = pthread_self();
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &mask, NULL) == 0);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  nanosleep(&moment, NULL);
  int early = handled;
  CHECK(pthread_sigmask(SIG_UNBLOCK, &mask, NULL) == 0);
  printf("%s", early || handled_elsewhere ? "elsewhere" : handled ? "here" : "nowhere");
}

// A child process. The cluster from its parent is not followed any more. A cluster that it connects to itself is.
static void look_from_a_child(const char *token) {
  int ends[2];
  char answer[4096] = "";
  fflush(NULL);
  DEMAND(pipe(ends) == 0);
  pid_t child = fork();
  DEMAND(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    boundtoken_cluster_report *report = NULL;
    print_name(ask(token));
    printf(" ");
    print_name(verify(token));
    printf(" ");
    print_name(boundtoken_cluster_status(cluster, &report, NULL));
    printf(" ");
    print_name(boundtoken_cluster_on_change(cluster, note, notes, count_freed, NULL));
    CHECK(report == NULL && boundtoken_cluster_is_stale(cluster) == 1);
    boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
    CHECK(boundtoken_verifier_builder_cluster(builder, cluster) == BOUNDTOKEN_CLUSTER_FORKED);
    boundtoken_verifier_builder_free(builder);
    boundtoken_cluster_free(cluster);
    boundtoken_verifier_free(verifier);

    cluster = NULL;
    CHECK(boundtoken_cluster_connect(configuration, strlen(configuration), &cluster, NULL) == BOUNDTOKEN_OK);
    verifier = verifier_of_cluster(cluster);
    printf(" ");
    print_name(ask(token));
    boundtoken_verifier_free(verifier);
    boundtoken_cluster_free(cluster);
    printf(" %d", failed_checks);
    fflush(stdout);
    _exit(0);
  }
  close(ends[1]);
  for (size_t used = 0; used + 1 < sizeof answer;) {
    ssize_t count = read(ends[0], answer + used, sizeof answer - 1 - used);
    if (count <= 0) break;
    used += (size_t)count;
  }
  close(ends[0]);
  waitpid(child, NULL, 0);
  printf("%s", answer);
}

// The userdata of a callback, and whether the callback may still be called.
typedef struct {
  volatile int calls, freed;
} watched;

static boundtoken_object_state note_call(void *userdata, const boundtoken_object_query *query,
                                         boundtoken_object_answer *answer) {
  (void)query, (void)answer;
  ((watched *)userdata)->calls++;
  return BOUNDTOKEN_OBJECT_STATE_ABSENT;
}

static void note_free(void *userdata) { ((watched *)userdata)->freed++; }

static document file_of(char **names) {
  char *name = strtok(*names, " ");
  *names = NULL;
  DEMAND(name != NULL);
  return read_file("", name);
}

// The cluster's thread is still asking after the caller has freed everything.
static void abandon(const char *files) {
  static watched seen;
  char names[4096];
  char *rest = names;
  boundtoken_keys *keys = NULL;
  boundtoken_objects *objects = NULL;
  boundtoken_verified *verified = NULL;
  snprintf(names, sizeof names, "%s", files);
  document token = file_of(&rest), wrong = file_of(&rest), right = file_of(&rest);
  DEMAND(boundtoken_keys_from_jwks(wrong.data, wrong.len, &keys, NULL) == BOUNDTOKEN_OK);
  DEMAND(boundtoken_objects_from_callback(note_call, &seen, note_free, &objects, NULL) == BOUNDTOKEN_OK);
  boundtoken_verifier *own = NULL;
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  boundtoken_verifier_builder_cluster(builder, cluster);
  boundtoken_verifier_builder_issuer(builder, BOUNDTOKEN_STR("https://own.example.com"), keys, objects);
  boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("vault"));
  DEMAND(boundtoken_verifier_builder_build(builder, &own, NULL) == BOUNDTOKEN_OK);
  boundtoken_objects_free(objects);
  print_name(boundtoken_verify_online(own, token.data, token.len, &verified, NULL));
  // If the cluster's thread judged the token later, it would use these keys and the callback.
  CHECK(boundtoken_keys_replace_jwks(keys, right.data, right.len, NULL) == BOUNDTOKEN_OK);
  boundtoken_verifier_free(own);
  boundtoken_keys_free(keys);
  printf(" %d", seen.freed);
  struct timespec moment = {4, 0};
  nanosleep(&moment, NULL);
  printf(" %d", seen.calls);
  CHECK(verified == NULL);
  free(token.data);
  free(wrong.data);
  free(right.data);
}

static void obey(const char *command, const char *argument) {
  if (strcmp(command, "verify") == 0) {
    print_name(verify(argument));
  } else if (strcmp(command, "ask") == 0) {
    print_name(ask(argument));
  } else if (strcmp(command, "await") == 0) {
    await(argument);
  } else if (strcmp(command, "poll") == 0) {
    boundtoken_verification *verification = started(argument, NULL);
    print_name(finished(verification, NULL));
    boundtoken_verification_free(verification);
  } else if (strcmp(command, "at-once") == 0) {
    at_once(argument);
  } else if (strcmp(command, "cancel") == 0) {
    cancel(argument);
  } else if (strcmp(command, "into") == 0) {
    verify_into(argument);
  } else if (strcmp(command, "cancel-connect") == 0) {
    cancel_connect();
  } else if (strcmp(command, "pull") == 0) {
    pull();
  } else if (strcmp(command, "rush") == 0) {
    rush_all(argument);
  } else if (strcmp(command, "abandon") == 0) {
    abandon(argument);
  } else if (strcmp(command, "status") == 0) {
    boundtoken_cluster_report *report = NULL;
    CHECK(boundtoken_cluster_status(cluster, &report, NULL) == BOUNDTOKEN_OK);
    printf("%.*s", BOUNDTOKEN_PRINT(boundtoken_cluster_report_json(report)));
    boundtoken_cluster_report_free(report);
  } else if (strcmp(command, "stale") == 0) {
    printf("%d", boundtoken_cluster_is_stale(cluster));
  } else if (strcmp(command, "tell") == 0) {
    print_name(boundtoken_cluster_on_change(cluster, note, notes, count_freed, NULL));
  } else if (strcmp(command, "hush") == 0) {
    print_name(boundtoken_cluster_on_change(cluster, NULL, NULL, NULL, NULL));
  } else if (strcmp(command, "changes") == 0) {
    print_changes();
  } else if (strcmp(command, "freed") == 0) {
    pthread_mutex_lock(&lock);
    printf("%d", freed);
    pthread_mutex_unlock(&lock);
  } else if (strcmp(command, "threads") == 0) {
    print_threads();
  } else if (strcmp(command, "signal") == 0) {
    take_a_signal();
  } else if (strcmp(command, "fork") == 0) {
    look_from_a_child(argument);
  } else if (strcmp(command, "free") == 0) {
    boundtoken_cluster_free(cluster);
    cluster = NULL;
  } else if (strcmp(command, "free-inside") == 0) {
    pthread_mutex_lock(&lock);
    snprintf(inside_token, sizeof inside_token, "%s", argument);
    free_inside = 1;
    pthread_mutex_unlock(&lock);
  } else {
    DEMAND(!"a command");
  }
  printf("\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  static char line[1 << 16];
  boundtoken_error *error = NULL;
  DEMAND(argc == 2);
  configuration = argv[1];
  boundtoken_status status = connect_by_callback(&error);
  print_name(status);
  printf(" %.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  fflush(stdout);
  boundtoken_error_free(error);
  CHECK((status == BOUNDTOKEN_OK) == (cluster != NULL));
  if (status != BOUNDTOKEN_OK) return failed_checks == 0 ? 0 : 1;
  verifier = verifier_of_cluster(cluster);
  CHECK(boundtoken_cluster_changes_new(cluster, &changes, NULL) == BOUNDTOKEN_OK);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *argument = strchr(line, ' ');
    if (argument != NULL) *argument++ = '\0';
    obey(line, argument != NULL ? argument : "");
  }
  boundtoken_verifier_free(verifier);
  boundtoken_cluster_changes_free(changes);
  return failed_checks == 0 ? 0 : 1;
}
