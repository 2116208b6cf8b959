// Shared by the tests.

#ifndef BOUNDTOKEN_TESTS_CHECK_HPP
#define BOUNDTOKEN_TESTS_CHECK_HPP

#include <boundtoken.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

// Tests run threads, each of which may find a fault.
inline std::atomic<int> failed_checks{0};

// Reports a condition that does not hold, and goes on.
#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);        \
      failed_checks++;                                                                    \
    }                                                                                     \
  } while (0)

// Checks that a call fails with this status, and says why.
#define FAILS(call, wanted)                                                               \
  do {                                                                                    \
    const auto outcome = (call);                                                          \
    CHECK(outcome.status() == boundtoken::Status::wanted);                                \
    CHECK(!outcome && outcome.error().name() == #wanted);                                 \
    CHECK(outcome.error().message().size() > 10);                                         \
    CHECK(outcome.error().message().find('\n') == std::string_view::npos);                \
    CHECK(outcome.error().www_authenticate().empty() != boundtoken::is_refusal(outcome.status())); \
    CHECK((outcome.error().http_status() == 500) != boundtoken::is_refusal(outcome.status())); \
  } while (0)

// The value of a call without which the test cannot go on.
template <class T>
T demand(boundtoken::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "failed: %.*s\n", static_cast<int>(result.error().message().size()), result.error().message().data());
    std::exit(2);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "failed: %s cannot be read\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What `boundtoken demo --directory` writes: a token for the audience `vault`, bound to the pod `app-0`, its keys, and the objects of
// its cluster. And the PEM file of another key.
struct Fixture {
  std::string folder, issuer, jwks, objects_json, token, pem;
  boundtoken::Keys keys;
  boundtoken::Objects objects = boundtoken::Objects::in_memory();
  boundtoken::Verifier verifier;

  explicit Fixture(const std::string& in)
      : folder(in + "/"),
        issuer(read_file(folder + "issuer")),
        jwks(read_file(folder + "jwks.json")),
        objects_json(read_file(folder + "objects.json")),
        token(read_file(folder + "token")),
        pem(read_file(folder + "other.pem")),
        keys(demand(boundtoken::Keys::from_jwks(jwks))) {
    while (!token.empty() && token.back() == '\n') token.pop_back();
    demand(objects.load_json(objects_json));
    verifier = demand(builder().build());
  }
  boundtoken::VerifierBuilder builder() const {
    boundtoken::VerifierBuilder builder;
    builder.issuer(issuer, keys, objects).audience("vault");
    return builder;
  }
};

inline const boundtoken::ObjectReference app_0{boundtoken::ObjectKind::pod, "demo", "app-0"};

inline boundtoken::Time now() { return boundtoken::whole_seconds(std::chrono::system_clock::now()); }

// A handle that something was moved out of.
template <class Handle>
Handle emptied(Handle handle) {
  const Handle elsewhere = std::move(handle);
  CHECK(elsewhere && !handle);  // NOLINT(bugprone-use-after-move): what is left is what is tested.
  return handle;                // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
}

inline int verdict_of_test(const char* name) {
  std::printf("%s: %d checks failed\n", name, failed_checks.load());
  return failed_checks == 0 ? 0 : 1;
}

#endif
