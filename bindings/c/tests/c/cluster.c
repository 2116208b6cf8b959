// Follows a cluster and obeys commands from stdin. Each command is one line and gets one line in answer.
// Usage: `cluster CONFIGURATION`
//
//   verify TOKEN     the status of boundtoken_verify, by name
//   ask TOKEN        the status of boundtoken_verify_online, by name
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
  boundtoken_status status = boundtoken_cluster_connect(configuration, strlen(configuration), &cluster, &error);
  print_name(status);
  printf(" %.*s\n", BOUNDTOKEN_PRINT(boundtoken_error_message(error)));
  fflush(stdout);
  boundtoken_error_free(error);
  CHECK((status == BOUNDTOKEN_OK) == (cluster != NULL));
  if (status != BOUNDTOKEN_OK) return failed_checks == 0 ? 0 : 1;
  verifier = verifier_of_cluster(cluster);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *argument = strchr(line, ' ');
    if (argument != NULL) *argument++ = '\0';
    obey(line, argument != NULL ? argument : "");
  }
  boundtoken_verifier_free(verifier);
  return failed_checks == 0 ? 0 : 1;
}
