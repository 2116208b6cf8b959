// Every verdict on a captured token is that of the Rust library, by every way to verify.
// Usage: `vectors FILE`. tests/vectors.py writes the file, and describes it.

#include "check.hpp"

#include <cstdint>
#include <cstring>
#include <sstream>
#include <vector>

namespace {

using namespace boundtoken;


struct Case {
  std::string name, token, record;
  Time now;
  std::vector<std::string> audiences;
  std::vector<std::vector<std::string>> objects;

  ObjectAnswer answer_for(const ObjectReference& asked) const {
    for (const auto& object : objects) {
      if (object[0] != std::to_string(static_cast<std::uint32_t>(asked.kind)) || object[1] != asked.object_namespace ||
          object[2] != asked.object_name) {
        continue;
      }
      if (object[3] == "absent") return ObjectAnswer::absent();
      if (object[3] == "not_followed") return ObjectAnswer::not_followed();
      if (object[3] == "unavailable") return ObjectAnswer::unavailable();
      std::optional<Time> deletion;
      if (!object[5].empty()) deletion = Time(std::chrono::seconds(std::stoll(object[5])));
      return ObjectAnswer::present(object[4], deletion);
    }
    std::fprintf(stderr, "%s: an object that Rust did not ask for\n", name.c_str());
    failed_checks++;
    return ObjectAnswer::unavailable();
  }
};

struct Folder {
  std::string name;
  std::vector<std::string> issuers;
  Keys keys;

  Verifier verifier(const Objects& objects, const std::vector<std::string_view>& audiences) const {
    VerifierBuilder builder;
    builder.issuer(issuers[0], keys, objects);
    for (std::size_t i = 1; i < issuers.size(); i++) builder.issuer_also_named(issuers[i]);
    for (const std::string_view audience : audiences) builder.audience(audience);
    return demand(builder.build());
  }
};

template <class List, class Same>
bool same_list(const List& left, const List& right, Same same) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); i++) {
    if (!same(left[i], right[i])) return false;
  }
  return true;
}

bool same_texts(const TextList& left, const TextList& right) {
  return same_list(left, right, [](std::string_view a, std::string_view b) { return a == b; });
}

bool same_object(const std::optional<NamedObject>& left, const std::optional<NamedObject>& right) {
  if (!left || !right) return !left && !right;
  return left->name == right->name && left->uid == right->uid;
}

// Claims and records say the same.
template <class Left, class Right>
void check_facts(const Left& left, const Right& right) {
  CHECK(left.confirmed() == right.confirmed() && left.issuer() == right.issuer());
  CHECK(left.issuer_label() == right.issuer_label() && left.subject() == right.subject());
  CHECK(left.username() == right.username() && left.payload() == right.payload());
  CHECK(left.service_account_namespace() == right.service_account_namespace());
  CHECK(left.service_account_name() == right.service_account_name());
  CHECK(left.service_account_uid() == right.service_account_uid());
  CHECK(same_texts(left.groups(), right.groups()) && same_texts(left.audiences(), right.audiences()));
  CHECK(same_texts(left.matched_audiences(), right.matched_audiences()));
  CHECK(same_texts(left.attested_api_groups(), right.attested_api_groups()));
  CHECK(same_list(left.extra(), right.extra(), [](Extra a, Extra b) { return a.key == b.key && a.value == b.value; }));
  CHECK(left.expires_at() == right.expires_at() && left.not_before() == right.not_before());
  CHECK(left.issued_at() == right.issued_at() && left.warn_after() == right.warn_after() && left.jti() == right.jti());
  CHECK(same_object(left.pod(), right.pod()) && same_object(left.secret(), right.secret()));
  CHECK(same_object(left.node(), right.node()));
  CHECK(same_object(left.validating_webhook_configuration(), right.validating_webhook_configuration()));
  CHECK(same_object(left.mutating_webhook_configuration(), right.mutating_webhook_configuration()));
}

// A verdict with claims, or with an error, against the record of Rust.
void check_result(const Result<Verified>& result, const Record& rust) {
  CHECK(result.status() == rust.status() && result.has_value() == static_cast<bool>(rust));
  if (result && rust) {
    check_facts(result->claims(), rust);
    const auto json = result->json();
    const std::string user = R"({"user":{"username":")" + std::string(rust.username()) + "\"";
    CHECK(json && json->substr(0, user.size()) == user);
  } else if (!result && !rust) {
    const Error& error = result.error();
    CHECK(error.name() == rust.name() && error.message() == rust.message());
    CHECK(error.www_authenticate() == rust.www_authenticate() && error.http_status() == rust.http_status());
  }
}

// The bytes of a record, but for the number of the claims, which only a verifier's own memory has.
template <class Call>
std::string bytes_of(RecordBuffer& buffer, Call call) {
  std::string bytes;
  buffer.write([&](void* data, std::size_t capacity, std::size_t* needed) {
    const boundtoken_status status = call(data, capacity, needed);
    if (status != BOUNDTOKEN_BUFFER_TOO_SMALL) bytes.assign(static_cast<const char*>(data), *needed);
    return status;
  });
  if (bytes.size() >= 32) std::memset(&bytes[24], 0, 8);
  return bytes;
}

void judge(const Folder& folder, const Case& shown, const Verifier& asking) {
  RecordBuffer buffer;
  const std::string& token = shown.token;
  const std::vector<std::string_view> audiences(shown.audiences.begin(), shown.audiences.end());
  const Record rust(static_cast<Status>(static_cast<unsigned char>(shown.record[4]) |
                                        static_cast<unsigned char>(shown.record[5]) << 8U),
                    shown.record.data(), shown.record.size());
  VerifyOptions options;
  options.now = shown.now;
  options.audiences = audiences;

  // Into a buffer: byte for byte, the first time and again.
  const detail::LentOptions lent(options);
  for (int again = 0; again < 2; again++) {
    CHECK(bytes_of(buffer, [&](void* data, std::size_t capacity, std::size_t* needed) {
            return boundtoken_verify_into(asking.get(), token.data(), token.size(), lent.get(), data, capacity, needed);
          }) == shown.record);
    const Record record = asking.verify_into(token, buffer, options);
    CHECK(record.status() == rust.status() && record.http_status() == rust.http_status());
    CHECK(record.name() == rust.name() && record.message() == rust.message());
    CHECK(record.www_authenticate() == rust.www_authenticate() && record.credential_id() == rust.credential_id());
    check_facts(record, rust);
    CHECK(same_list(record.bound_objects(), rust.bound_objects(), [](const BoundObject& a, const BoundObject& b) {
      return a.reference.kind == b.reference.kind && a.reference.object_namespace == b.reference.object_namespace &&
             a.reference.object_name == b.reference.object_name && a.uid == b.uid;
    }));
    CHECK(same_list(record.attestations(), rust.attestations(), [](const Attestation& a, const Attestation& b) {
      return a.name == b.name && same_texts(a.values, b.values);
    }));
  }

  // With claims.
  check_result(asking.verify_for_at(token, audiences, shown.now), rust);

  // In two steps.
  const auto checked = asking.check(token, options);
  if (checked) {
    std::vector<ObjectAnswer> answers;
    for (const BoundObject object : checked->objects()) answers.push_back(shown.answer_for(object.reference));
    VerifyOptions second;
    second.now = shown.now;
    check_result(asking.confirm(*checked, answers, second), rust);
    const Record record = asking.confirm_into(*checked, answers, buffer, second);
    CHECK(record.status() == rust.status() && record.message() == rust.message());
    check_facts(record, rust);
  } else {
    CHECK(checked.status() == rust.status() && checked.error().message() == rust.message());
  }

  // Begun and finished.
  const auto verification = asking.start(token, nullptr, options);
  CHECK(verification && verification->is_ready());
  if (verification) {
    const Record record = verification->finish(buffer);
    CHECK(record.status() == rust.status() && record.message() == rust.message());
    check_facts(record, rust);
  }

  // By a verifier of its own, whose audiences these are, with a store in memory.
  const Objects store = Objects::in_memory();
  bool complete = true;
  for (const auto& object : shown.objects) {
    const ObjectReference reference{static_cast<ObjectKind>(std::stoul(object[0])), object[1], object[2]};
    const ObjectAnswer answer = shown.answer_for(reference);
    if (answer.state == ObjectState::present) CHECK(store.upsert(reference, answer.uid, answer.deletion));
    complete = complete && (answer.state == ObjectState::present || answer.state == ObjectState::absent);
  }
  if (!complete || audiences.empty()) return;
  for (const std::string_view audience : audiences) {
    if (audience.empty()) return;
  }
  const Verifier own = folder.verifier(store, audiences);
  check_result(own.verify_at(token, shown.now), rust);
  RecordBatch batch(4096);
  const std::string_view tokens[] = {token, token, token};
  VerifyOptions at;
  at.now = shown.now;
  CHECK(own.verify_batch(tokens, 2, batch, at) && batch.size() == 3);
  for (std::size_t i = 0; i < batch.size(); i++) {
    if (batch[i].status() == Status::buffer_too_small) continue;
    CHECK(batch[i].status() == rust.status() && batch[i].message() == rust.message());
    check_facts(batch[i], rust);
  }
}

std::string decoded(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 1; i < text.size(); i++) {
    if (text[i] == '%') {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ifstream file(argv[1]);
  Folder folder;
  Case shown;
  std::optional<Verifier> asking;
  long accepted = 0, refused = 0;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word, each;
    words >> word;
    std::vector<std::string> texts;
    while (words >> each) texts.push_back(decoded(each));
    if (word == "folder") {
      folder = {texts[0], {texts.begin() + 2, texts.end()}, demand(Keys::from_jwks(texts[1]))};
      const auto answer = [&shown](const ObjectReference& asked) { return shown.answer_for(asked); };
      asking = folder.verifier(demand(Objects::from_function(answer)), {"of no token"});
    } else if (word == "case") {
      shown = {texts[0], texts[1], "", Time(std::chrono::seconds(std::stoll(texts[2]))), {}, {}};
    } else if (word == "audiences") {
      shown.audiences = texts;
    } else if (word == "object") {
      shown.objects.push_back(texts);
    } else if (word == "record") {
      for (std::size_t i = 0; i < texts[0].size(); i += 2) {
        shown.record += static_cast<char>(std::stoi(texts[0].substr(i, 2), nullptr, 16));
      }
      if (shown.record.size() >= 32) std::memset(&shown.record[24], 0, 8);
      const int before = failed_checks;
      judge(folder, shown, *asking);
      if (failed_checks != before) std::fprintf(stderr, "  in %s: %s\n", folder.name.c_str(), shown.name.c_str());
      (shown.record[4] == 0 && shown.record[5] == 0 ? accepted : refused)++;
    }
  }
  std::printf("vectors: %ld accepted, %ld refused\n", accepted, refused);
  CHECK(accepted > 100 && refused > 100);
  return verdict_of_test("vectors");
}
