// Compares the verdicts of the C ABI with those of the Rust API, for the tokens of a real API server.
// Usage: `cases DIRECTORY`. It reads DIRECTORY/cases.txt, which tests/c_abi writes. It prints everything that the ABI
// says in the format of that file and compares it.
//
// The lines of the file are `issuer TEXT`, `jwks FILE` and `objects FILE`, and then for every case `case NAME`,
// `now SECONDS`, `use INDEX` (of the objects), `audience TEXT`..., `token TEXT`, the expected lines, each after `> `,
// and `end`. In texts, bytes that are not printable are `%XX`.

#include "check.h"

enum { MOST = 16 };

typedef struct {
  char *data;
  size_t len;
  size_t size;
} text;

static void put(text *out, const char *bytes, size_t len) {
  if (out->len + len + 1 > out->size) {
    out->size = 2 * (out->len + len + 1);
    out->data = (char *)realloc(out->data, out->size);
    DEMAND(out->data != NULL);
  }
  memcpy(out->data + out->len, bytes, len);
  out->len += len;
  out->data[out->len] = '\0';
}

static void put_name(text *out, const char *name) { put(out, name, strlen(name)); }

static void put_str(text *out, boundtoken_str str) {
  if (str.data == NULL) {
    DEMAND(str.len == 0);
    put_name(out, " absent");
    return;
  }
  put_name(out, " =");
  for (size_t i = 0; i < str.len; i++) {
    unsigned char byte = (unsigned char)str.data[i];
    char code[4];
    if (byte > ' ' && byte < 0x7f && byte != '%') {
      put(out, (const char *)&byte, 1);
    } else {
      snprintf(code, sizeof code, "%%%02X", (unsigned)byte);
      put(out, code, 3);
    }
  }
}

static void line(text *out, const char *name, boundtoken_str str) {
  put_name(out, name);
  put_str(out, str);
  put_name(out, "\n");
}

static void number_line(text *out, const char *name, long long number) {
  char digits[64];
  snprintf(digits, sizeof digits, "%s %lld\n", name, number);
  put_name(out, digits);
}

static void list(text *out, const char *name, const boundtoken_str *strs, size_t len) {
  for (size_t i = 0; i < len; i++) line(out, name, strs[i]);
}

static void put_refusal(text *out, const boundtoken_error *error) {
  line(out, "name", boundtoken_error_name(error));
  line(out, "message", boundtoken_error_message(error));
  line(out, "challenge", boundtoken_error_www_authenticate(error));
}

static void put_claims(text *out, const boundtoken_verified *verified) {
  boundtoken_claims claims = boundtoken_claims_init();
  boundtoken_str json;
  DEMAND(boundtoken_verified_claims(verified, &claims) == BOUNDTOKEN_OK);
  CHECK(claims.size == sizeof claims);
  number_line(out, "confirmed", (long long)claims.confirmed);
  line(out, "issuer", claims.issuer);
  line(out, "subject", claims.subject);
  line(out, "username", claims.username);
  line(out, "service_account_namespace", claims.service_account_namespace);
  line(out, "service_account_name", claims.service_account_name);
  line(out, "service_account_uid", claims.service_account_uid);
  list(out, "group", claims.groups, claims.groups_len);
  for (size_t i = 0; i < claims.extra_len; i++) {
    line(out, "key", claims.extra[i].key);
    line(out, "value", claims.extra[i].value);
  }
  list(out, "audience", claims.audiences, claims.audiences_len);
  list(out, "matched_audience", claims.matched_audiences, claims.matched_audiences_len);
  number_line(out, "expires_at", claims.expires_at);
  number_line(out, "not_before", claims.not_before);
  number_line(out, "issued_at", claims.issued_at);
  number_line(out, "warn_after", claims.warn_after);
  line(out, "jti", claims.jti);
  line(out, "pod_name", claims.pod_name);
  line(out, "pod_uid", claims.pod_uid);
  line(out, "secret_name", claims.secret_name);
  line(out, "secret_uid", claims.secret_uid);
  line(out, "node_name", claims.node_name);
  line(out, "node_uid", claims.node_uid);
  line(out, "payload", claims.payload);
  line(out, "validating_webhook_configuration_name", claims.validating_webhook_configuration_name);
  line(out, "validating_webhook_configuration_uid", claims.validating_webhook_configuration_uid);
  line(out, "mutating_webhook_configuration_name", claims.mutating_webhook_configuration_name);
  line(out, "mutating_webhook_configuration_uid", claims.mutating_webhook_configuration_uid);
  list(out, "attested_api_group", claims.attested_api_groups, claims.attested_api_groups_len);
  line(out, "issuer_label", claims.issuer_label);
  DEMAND(boundtoken_verified_json(verified, &json, NULL) == BOUNDTOKEN_OK);
  line(out, "json", json);
}

static boundtoken_str text_of(const unsigned char *record, boundtoken_record_text place) {
  boundtoken_str str = {place.offset == 0 ? NULL : (const char *)record + place.offset, place.len};
  return str;
}

static void record_list(text *out, const char *name, const unsigned char *record, boundtoken_record_array array) {
  for (size_t i = 0; i < array.count; i++) {
    boundtoken_record_text element;
    memcpy(&element, record + array.offset + 8 * i, sizeof element);
    // In an array an absent text is an empty one.
    boundtoken_str str = element.len == 0 ? BOUNDTOKEN_STR("") : text_of(record, element);
    line(out, name, str);
  }
}

// Prints what the record of an accepted token says. It has no JSON.
static void put_record(text *out, const unsigned char *record) {
  boundtoken_record header;
  memcpy(&header, record, sizeof header);
#define LINE(name) line(out, #name, text_of(record, header.name))
#define LINE_AS(name, member) line(out, name, text_of(record, header.member))
  CHECK(header.version == 1 && header.header_size == sizeof header && header.http_status == 200);
  CHECK(header.name.offset == 0 && header.message.offset == 0 && header.www_authenticate.offset == 0);
  number_line(out, "confirmed", (long long)header.confirmed);
  LINE(issuer);
  LINE(subject);
  LINE_AS("username", subject);
  LINE(service_account_namespace);
  LINE(service_account_name);
  LINE(service_account_uid);
  record_list(out, "group", record, header.groups);
  for (size_t i = 0; i < header.extra.count; i++) {
    boundtoken_record_text pair[2];
    memcpy(pair, record + header.extra.offset + 16 * i, sizeof pair);
    line(out, "key", text_of(record, pair[0]));
    line(out, "value", pair[1].len == 0 ? BOUNDTOKEN_STR("") : text_of(record, pair[1]));
  }
  record_list(out, "audience", record, header.audiences);
  record_list(out, "matched_audience", record, header.matched_audiences);
  number_line(out, "expires_at", header.expires_at);
  number_line(out, "not_before", header.not_before);
  number_line(out, "issued_at", header.issued_at);
  number_line(out, "warn_after", header.warn_after);
  LINE(jti);
  LINE(pod_name);
  LINE(pod_uid);
  LINE(secret_name);
  LINE(secret_uid);
  LINE(node_name);
  // The node of a pod may have an empty uid. In a record it is absent.
  if (header.node_name.len > 0 && header.node_uid.len == 0) {
    line(out, "node_uid", BOUNDTOKEN_STR(""));
  } else {
    LINE(node_uid);
  }
  LINE(payload);
  LINE(validating_webhook_configuration_name);
  LINE(validating_webhook_configuration_uid);
  LINE(mutating_webhook_configuration_name);
  LINE(mutating_webhook_configuration_uid);
  record_list(out, "attested_api_group", record, header.attested_api_groups);
  LINE(issuer_label);
  put_name(out, "json ");
}

static void put_refused_record(text *out, const unsigned char *record) {
  boundtoken_record header;
  memcpy(&header, record, sizeof header);
  CHECK(header.version == 1 && header.confirmed == BOUNDTOKEN_CONFIRMED_NONE && header.payload.offset == 0);
  CHECK(header.http_status == 401 || header.http_status == 503);
  LINE(name);
  LINE(message);
  LINE_AS("challenge", www_authenticate);
}

typedef struct {
  boundtoken_str issuers[MOST];
  size_t issuers_len;
  boundtoken_keys *keys;
  boundtoken_objects *objects[MOST];
  size_t objects_len;
} cluster;

typedef struct {
  const char *name;
  long long now;
  size_t objects;
  boundtoken_str audiences[MOST];
  size_t audiences_len;
  boundtoken_str token;
  text expected;
} test_case;

// Decodes %XX in place.
static boundtoken_str decode(char *value) {
  char *to = value;
  for (const char *from = value; *from != '\0'; from++) {
    if (*from == '%') {
      char code[3] = {from[1], from[2], '\0'};
      *to++ = (char)strtoul(code, NULL, 16);
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  boundtoken_str str = {value, (size_t)(to - value)};
  return str;
}

// Where the audiences of the case go, and where the verdict comes from.
typedef enum { OF_THE_VERIFIER, OF_THE_CALL, OF_THE_CALL_INTO_A_RECORD, ALL_WAYS } way;

// Verifies into a buffer that is exactly as large as the record, and again.
static void judge_into(text *out, const boundtoken_verifier *verifier, const test_case *shown) {
  boundtoken_verify_options options = {sizeof options, BOUNDTOKEN_VERIFY_AT | BOUNDTOKEN_VERIFY_FOR, 0, NULL, 0, 0, 0};
  options.now = shown->now;
  options.audiences = shown->audiences;
  options.audiences_len = shown->audiences_len;
  const char *bytes = shown->token.data;
  const size_t len = shown->token.len;
  size_t needed = 0, again = 0;
  boundtoken_status status = boundtoken_verify_into(verifier, bytes, len, &options, NULL, 0, &needed);
  CHECK(status != BOUNDTOKEN_OK && needed >= sizeof(boundtoken_record));
  CHECK(needed <= boundtoken_verifier_largest_record(verifier) + 8 * shown->audiences_len);
  unsigned char *buffer = (unsigned char *)malloc(needed);
  DEMAND(buffer != NULL);
  for (int twice = 0; twice < 2; twice++) {
    boundtoken_status verdict = boundtoken_verify_into(verifier, bytes, len, &options, buffer, needed, &again);
    CHECK(again == needed && (status == BOUNDTOKEN_BUFFER_TOO_SMALL ? verdict == BOUNDTOKEN_OK : verdict == status));
  }
  boundtoken_record header;
  memcpy(&header, buffer, sizeof header);
  CHECK(header.size == needed);
  number_line(out, "status", (long long)header.status);
  if (header.status == BOUNDTOKEN_OK) {
    put_record(out, buffer);
  } else {
    CHECK(header.status == status);
    put_refused_record(out, buffer);
  }
  free(buffer);
}

static void judge(text *out, const cluster *trusted, const test_case *shown, way whose) {
  boundtoken_verifier *verifier = NULL;
  boundtoken_verified *verified = NULL;
  boundtoken_error *error = NULL;
  boundtoken_status status;
  boundtoken_verifier_builder *builder = boundtoken_verifier_builder_new();
  DEMAND(shown->objects < trusted->objects_len && trusted->issuers_len > 0);
  boundtoken_verifier_builder_issuer(builder, trusted->issuers[0], trusted->keys, trusted->objects[shown->objects]);
  for (size_t i = 1; i < trusted->issuers_len; i++) {
    boundtoken_verifier_builder_issuer_also_named(builder, trusted->issuers[i]);
  }
  if (whose == OF_THE_VERIFIER) {
    for (size_t i = 0; i < shown->audiences_len; i++) {
      boundtoken_verifier_builder_audience(builder, shown->audiences[i]);
    }
  } else {
    boundtoken_verifier_builder_audience(builder, BOUNDTOKEN_STR("nobody is meant by this"));
  }
  DEMAND(boundtoken_verifier_builder_build(builder, &verifier, NULL) == BOUNDTOKEN_OK);

  if (whose == OF_THE_CALL_INTO_A_RECORD) {
    judge_into(out, verifier, shown);
    boundtoken_verifier_free(verifier);
    return;
  }
  if (whose == OF_THE_VERIFIER) {
    status = boundtoken_verify_at(verifier, shown->token.data, shown->token.len, shown->now, &verified, &error);
  } else {
    status = boundtoken_verify_for_at(verifier, shown->token.data, shown->token.len, shown->audiences,
                                      shown->audiences_len, shown->now, &verified, &error);
  }
  CHECK((status == BOUNDTOKEN_OK) == (verified != NULL) && (status == BOUNDTOKEN_OK) == (error == NULL));
  CHECK(boundtoken_error_status(error) == status);
  // The verified token outlives the verifier.
  boundtoken_verifier_free(verifier);
  number_line(out, "status", (long long)status);
  if (verified != NULL) {
    put_claims(out, verified);
  } else {
    put_refusal(out, error);
  }
  boundtoken_error_free(error);
  boundtoken_verified_free(verified);
}

int main(int argc, char **argv) {
  DEMAND(argc == 2);
  document file = read_file(argv[1], "cases.txt");
  cluster trusted;
  test_case shown;
  text ours = {NULL, 0, 0};
  long agreed = 0, accepted = 0, differing = 0;
  memset(&trusted, 0, sizeof trusted);
  memset(&shown, 0, sizeof shown);

  for (char *next = file.data; *next != '\0';) {
    char *here = next;
    char *end = strchr(here, '\n');
    DEMAND(end != NULL);
    *end = '\0';
    next = end + 1;
    char *value = strchr(here, ' ');
    if (value != NULL) *value++ = '\0';
    if (strcmp(here, ">") == 0) {
      put_name(&shown.expected, value);
      put_name(&shown.expected, "\n");
    } else if (strcmp(here, "issuer") == 0) {
      DEMAND(trusted.issuers_len < MOST);
      trusted.issuers[trusted.issuers_len++] = decode(value);
    } else if (strcmp(here, "jwks") == 0) {
      document jwks = read_file(argv[1], value);
      trusted.keys = keys_of(jwks);
      free(jwks.data);
    } else if (strcmp(here, "objects") == 0) {
      document json = read_file(argv[1], value);
      DEMAND(trusted.objects_len < MOST);
      boundtoken_objects *objects = boundtoken_objects_new();
      size_t loaded = 0;
      DEMAND(boundtoken_objects_load_json(objects, json.data, json.len, &loaded, NULL) == BOUNDTOKEN_OK);
      DEMAND(loaded > 0 && boundtoken_objects_count(objects) == loaded);
      trusted.objects[trusted.objects_len++] = objects;
      free(json.data);
    } else if (strcmp(here, "case") == 0) {
      free(shown.expected.data);
      memset(&shown, 0, sizeof shown);
      shown.name = value;
    } else if (strcmp(here, "now") == 0) {
      shown.now = strtoll(value, NULL, 10);
    } else if (strcmp(here, "use") == 0) {
      shown.objects = (size_t)strtoull(value, NULL, 10);
    } else if (strcmp(here, "audience") == 0) {
      DEMAND(shown.audiences_len < MOST);
      shown.audiences[shown.audiences_len++] = decode(value);
    } else if (strcmp(here, "token") == 0) {
      shown.token = decode(value);
    } else {
      DEMAND(strcmp(here, "end") == 0);
      int same = 1;
      for (int whose = OF_THE_VERIFIER; whose < ALL_WAYS && same; whose++) {
        ours.len = 0;
        judge(&ours, &trusted, &shown, (way)whose);
        if (whose == OF_THE_CALL_INTO_A_RECORD && strncmp(ours.data, "status 0\n", 9) == 0) {
          // A record has no JSON, and ends where the JSON begins.
          same = strncmp(ours.data, shown.expected.data, ours.len) == 0;
        } else {
          same = strcmp(ours.data, shown.expected.data) == 0;
        }
      }
      if (same) {
        agreed++;
        accepted += strncmp(ours.data, "status 0\n", 9) == 0;
      } else {
        differing++;
        fprintf(stderr, "case %s\nexpected\n%sbut\n%s\n", shown.name, shown.expected.data, ours.data);
      }
    }
  }
  printf("  agreed: %ld accepted, %ld refused\n  differing: %ld\n", accepted, agreed - accepted, differing);

  for (size_t i = 0; i < trusted.objects_len; i++) boundtoken_objects_free(trusted.objects[i]);
  boundtoken_keys_free(trusted.keys);
  free(shown.expected.data);
  free(ours.data);
  free(file.data);
  return agreed > 0 && differing == 0 && failed_checks == 0 ? 0 : 1;
}
