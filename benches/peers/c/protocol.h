// Answers the questions that ../driver/program.rs describes. It is valid C and C++. The program defines `load` and
// `verify`.

#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  const char *folder;
  const char *issuer;
  const char *audience;
  int again;  // whether to remember tokens
} inputs;

typedef struct {
  char *text;
  char **tokens;
  size_t *lengths;
  size_t count;
} token_file;

// Creates a verifier with the key of an algorithm. NULL if the algorithm is not supported.
static void *load(const inputs *in, const char *algorithm);
// Whether a token is accepted. The token ends with NUL.
static int verify(void *verifier, const char *token, size_t len);

// Reads a file of the inputs. The text ends with NUL.
static char *read_input(const inputs *in, const char *folder, const char *name, size_t *len) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s/%s", in->folder, folder, name);
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) {
    perror(path);
    exit(2);
  }
  size_t size = 1 << 20, read = 0;
  char *text = (char *)calloc(1, size + 1);
  if (text != NULL) read = fread(text, 1, size, stream);
  fclose(stream);
  if (len != NULL) *len = read;
  return text;
}

static token_file read_tokens(const inputs *in, const char *algorithm, const char *name) {
  token_file file;
  file.text = read_input(in, algorithm, name, NULL);
  file.tokens = (char **)calloc(4096, sizeof *file.tokens);
  file.lengths = (size_t *)calloc(4096, sizeof *file.lengths);
  file.count = 0;
  for (char *token = strtok(file.text, "\n"); token != NULL && file.count < 4096; token = strtok(NULL, "\n")) {
    file.tokens[file.count] = token;
    file.lengths[file.count++] = strlen(token);
  }
  return file;
}

static long long now_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Verifies this many tokens of a file and counts the accepted ones. Returns the time in nanoseconds.
static long long run_tokens(void *verifier, const token_file *file, long count, long *accepted) {
  long long start = now_nanoseconds();
  size_t next = 0;
  *accepted = 0;
  for (; count > 0; count--) {
    *accepted += verify(verifier, file->tokens[next], file->lengths[next]);
    if (++next == file->count) next = 0;
  }
  return now_nanoseconds() - start;
}

static inputs start(char **argv, const char *version, const char *runtime) {
  inputs in = {argv[1], NULL, NULL, strcmp(argv[2], "again") == 0};
  in.issuer = read_input(&in, ".", "issuer", NULL);
  in.audience = read_input(&in, ".", "audience", NULL);
  printf("%s\t%s\n", version, runtime);
  fflush(stdout);
  return in;
}

static int serve(const inputs *in) {
  struct {
    char algorithm[16], name[32];
    void *verifier;
    token_file file;
  } known[32];
  size_t count_known = 0;
  char line[256], algorithm[16], name[32];
  long count;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "run %15s %31s %ld", algorithm, name, &count) != 3) return 2;
    void *verifier = NULL;
    size_t at = 0;
    for (; at < count_known && (strcmp(known[at].algorithm, algorithm) || strcmp(known[at].name, name)); at++) {
    }
    if (at == count_known) {
      if (at == 32) return 2;
      for (size_t other = 0; other < count_known; other++) {
        if (strcmp(known[other].algorithm, algorithm) == 0) verifier = known[other].verifier;
      }
      strcpy(known[at].algorithm, algorithm);
      strcpy(known[at].name, name);
      known[at].verifier = verifier != NULL ? verifier : load(in, algorithm);
      known[at].file = read_tokens(in, algorithm, name);
      count_known++;
    }
    if (known[at].verifier == NULL) {
      puts("unsupported");
    } else {
      long accepted = 0;
      long long nanoseconds = run_tokens(known[at].verifier, &known[at].file, count, &accepted);
      printf("%lld %ld\n", nanoseconds, accepted);
    }
    fflush(stdout);
  }
  return 0;
}

#endif
