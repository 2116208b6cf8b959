// HTTP for the servers of this folder: the token of a request, and the answer that a record calls for.
//
// It reads no more of HTTP than the servers need. A real service has an HTTP library, and keeps only what is about
// records: text_of, write_verdict and log_refusal.

#ifndef EXAMPLES_HTTP_H
#define EXAMPLES_HTTP_H

#include <boundtoken.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

// A token has at most 16 KiB unless the verifier is told otherwise.
enum { REQUEST_SIZE = 32768, ANSWER_SIZE = 4096 };

// Cuts the text after the head of the request. Returns 0 if the head is not complete.
static inline int end_head(char *request) {
  char *end = strstr(request, "\r\n\r\n");
  if (end == NULL) return 0;
  end[2] = '\0';
  return 1;
}

// The token of the header `Authorization`. Absent if there is none, or more than one such header.
static inline boundtoken_str bearer_token(const char *head) {
  const boundtoken_str none = {NULL, 0};
  boundtoken_str token = none;
  int headers = 0;
  for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, "authorization:", 14) != 0) continue;
    headers++;
    const char *value = line + 14;
    value += strspn(value, " \t");
    if (strncasecmp(value, "bearer ", 7) != 0) continue;
    value += 7;
    value += strspn(value, " ");
    token.data = value;
    token.len = strcspn(value, "\r");
    while (token.len > 0 && (value[token.len - 1] == ' ' || value[token.len - 1] == '\t')) token.len--;
  }
  return headers == 1 ? token : none;
}

// Writes an answer of at most ANSWER_SIZE bytes. Returns its length. Challenge and body may be absent.
static inline size_t write_answer(char *answer, const char *status, boundtoken_str challenge, boundtoken_str body) {
  const int has_challenge = challenge.len > 0, has_body = body.len > 0;
  int len = snprintf(answer, ANSWER_SIZE, "HTTP/1.1 %s\r\n%s%.*s%sContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s%s",
                     status, has_challenge ? "WWW-Authenticate: " : "", BOUNDTOKEN_PRINT(challenge),
                     has_challenge ? "\r\n" : "", has_body ? body.len + 1 : 0, BOUNDTOKEN_PRINT(body),
                     has_body ? "\n" : "");
  return len > 0 && len < ANSWER_SIZE ? (size_t)len : 0;
}

// A text of a record. It lives as long as the record.
static inline boundtoken_str text_of(const boundtoken_record *record, boundtoken_record_text text) {
  boundtoken_str str = {NULL, 0};
  if (text.offset != 0) {
    str.data = (const char *)record + text.offset;
    str.len = text.len;
  }
  return str;
}

// Writes the answer that a record calls for. A record that was not written has the status 0.
static inline size_t write_verdict(char *answer, const boundtoken_record *record) {
  const boundtoken_str none = {NULL, 0};
  const boundtoken_str challenge = text_of(record, record->www_authenticate);
  switch (record->http_status) {
    case 200:
      return write_answer(answer, "200 OK", none, text_of(record, record->subject));
    case 401:
      return write_answer(answer, "401 Unauthorized", challenge, none);
    case 503:
      return write_answer(answer, "503 Service Unavailable", challenge, none);
    default:
      return write_answer(answer, "500 Internal Server Error", none, none);
  }
}

// Writes to the log why a token is refused. The client learns only the challenge.
static inline void log_refusal(const boundtoken_record *record) {
  const boundtoken_str name = text_of(record, record->name), message = text_of(record, record->message);
  fprintf(stderr, "%.*s: %.*s\n", BOUNDTOKEN_PRINT(name), BOUNDTOKEN_PRINT(message));
}

#endif
