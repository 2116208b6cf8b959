// Threads verify while keys and objects are replaced. Each verdict is that of one moment.
// Usage: `threads FOLDER`, as `boundtoken demo --directory` writes it.

#include "check.hpp"

#include <thread>
#include <vector>

namespace {

using namespace boundtoken;

constexpr int workers = 4;
constexpr int rounds = 40;

std::atomic<bool> finished{false};
std::atomic<long> accepted{0}, refused{0};

bool is_possible(Status status) {
  return status == Status::ok || status == Status::key_unknown || status == Status::pod_not_found ||
         status == Status::pod_uid_mismatch;
}

void work(const Fixture& fixture, const Verifier& verifier, const Verified& shared) {
  RecordBuffer buffer;
  const std::string payload(shared.claims().payload());
  CHECK(shared.json() && shared.claims().groups().size() == 3);
  while (!finished) {
    const auto verdict = verifier.verify(fixture.token);
    CHECK(is_possible(verdict.status()));
    if (verdict) {
      const Verified copy = *verdict;  // NOLINT(performance-unnecessary-copy-initialization): copies are counted by threads.
      CHECK(copy.claims().confirmed() == Confirmed::live && copy.claims().payload() == payload);
      accepted++;
    } else {
      CHECK(verdict.error().name() == name(verdict.status()));
      refused++;
    }
    const Record record = verifier.verify_into(fixture.token, buffer);
    CHECK(is_possible(record.status()) && record.payload() == (record ? payload : ""));
    CHECK(verifier.statistics() && fixture.keys.count() == 1);
  }
}

void expect(const Fixture& fixture, Status wanted) { CHECK(fixture.verifier.verify(fixture.token).status() == wanted); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Fixture fixture(argv[1]);
  const Verified shared = demand(fixture.verifier.verify(fixture.token));
  const std::string uid(shared.claims().pod()->uid);
  std::vector<std::thread> threads;
  threads.reserve(workers);
  for (int i = 0; i < workers; i++) {
    // Each thread has copies of its own, which it destroys.
    threads.emplace_back([&fixture, verifier = fixture.verifier, shared] { work(fixture, verifier, shared); });
  }
  for (int round = 0; round < rounds; round++) {
    CHECK(fixture.keys.replace_pem(fixture.pem));
    expect(fixture, Status::key_unknown);
    CHECK(fixture.keys.replace_jwks(fixture.jwks));
    CHECK(!fixture.keys.replace_jwks(R"({"keys":[]})"));
    expect(fixture, Status::ok);
    CHECK(fixture.objects.remove(app_0));
    expect(fixture, Status::pod_not_found);
    CHECK(fixture.objects.upsert(app_0, "another"));
    expect(fixture, Status::pod_uid_mismatch);
    CHECK(fixture.objects.upsert(app_0, uid));
    expect(fixture, Status::ok);
  }
  while (accepted < workers) std::this_thread::yield();
  finished = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("threads: %ld accepted, %ld refused\n", accepted.load(), refused.load());
  return verdict_of_test("threads");
}
